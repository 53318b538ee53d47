"""DAX's errors. Those of the data plane that are not DynamoDB's own have DynamoDB's names."""

from skyjar.kernel.errors import AWSError


class AccessDeniedException(AWSError):
    code = "AccessDeniedException"


class ClusterAlreadyExistsFault(AWSError):
    code = "ClusterAlreadyExistsFault"
    sentence = "Cluster already exists."


class ClusterNotFoundFault(AWSError):
    code = "ClusterNotFoundFault"
    sentence = "Cluster not found."


class ClusterQuotaForCustomerExceededFault(AWSError):
    code = "ClusterQuotaForCustomerExceededFault"


class InvalidARNFault(AWSError):
    code = "InvalidARNFault"


class InvalidClusterStateFault(AWSError):
    code = "InvalidClusterStateFault"
    sentence = "The requested DAX cluster is not in the available state."


class InvalidParameterCombinationException(AWSError):
    code = "InvalidParameterCombinationException"


class InvalidParameterGroupStateFault(AWSError):
    code = "InvalidParameterGroupStateFault"


class InvalidParameterValueException(AWSError):
    code = "InvalidParameterValueException"


class NodeNotFoundFault(AWSError):
    code = "NodeNotFoundFault"
    sentence = "None of the nodes in the cluster have the given node ID."


class NodeQuotaForClusterExceededFault(AWSError):
    code = "NodeQuotaForClusterExceededFault"


class ParameterGroupAlreadyExistsFault(AWSError):
    code = "ParameterGroupAlreadyExistsFault"
    sentence = "The specified parameter group already exists."


class ParameterGroupNotFoundFault(AWSError):
    code = "ParameterGroupNotFoundFault"
    sentence = "The specified parameter group does not exist."


class ParameterGroupQuotaExceededFault(AWSError):
    code = "ParameterGroupQuotaExceededFault"
    sentence = "You have exceeded the maximum number of parameter groups."


class SubnetGroupNotFoundFault(AWSError):
    code = "SubnetGroupNotFoundFault"
    sentence = "The requested subnet group name does not refer to an existing subnet group."


class TagNotFoundFault(AWSError):
    code = "TagNotFoundFault"
    sentence = "The tag does not exist."


class TagQuotaPerResourceExceeded(AWSError):
    code = "TagQuotaPerResourceExceeded"
    sentence = "You have exceeded the maximum number of tags for this DAX cluster."


class ValidationException(AWSError):
    code = "ValidationException"
