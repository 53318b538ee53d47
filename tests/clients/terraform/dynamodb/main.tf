# Tables with all that can be set. `step` 2 changes what can be changed in place, and adds an index and a replica.

resource "aws_kms_key" "key" {
  deletion_window_in_days = 7
}

resource "aws_dynamodb_table" "provisioned" {
  name             = "provisioned"
  billing_mode     = local.first ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity    = local.first ? 5 : null
  write_capacity   = local.first ? 5 : null
  hash_key         = "user"
  range_key        = "game"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = { Name = "x", step = tostring(var.step) }
  attribute {
    name = "user"
    type = "S"
  }
  attribute {
    name = "game"
    type = "S"
  }
  attribute {
    name = "score"
    type = "N"
  }
  ttl {
    attribute_name = "until"
    enabled        = true
  }
  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = local.first ? 10 : 20
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.key.arn
  }
  global_secondary_index {
    name               = "games"
    hash_key           = "game"
    range_key          = "score"
    read_capacity      = local.first ? 10 : null
    write_capacity     = local.first ? 10 : null
    projection_type    = "INCLUDE"
    non_key_attributes = ["name"]
  }
  local_secondary_index {
    name            = "scores"
    range_key       = "score"
    projection_type = "KEYS_ONLY"
  }
}

resource "aws_dynamodb_table" "replicated" {
  name             = "replicated"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "k"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  tags             = { a = "b" }
  attribute {
    name = "k"
    type = "S"
  }
  dynamic "attribute" {
    for_each = local.first ? [] : ["g"]
    content {
      name = attribute.value
      type = "S"
    }
  }
  dynamic "global_secondary_index" {
    for_each = local.first ? [] : ["g"]
    content {
      name            = "added"
      hash_key        = global_secondary_index.value
      projection_type = "ALL"
    }
  }
  point_in_time_recovery { enabled = true }
  on_demand_throughput {
    max_read_request_units  = 100
    max_write_request_units = local.first ? 50 : 60
  }
  dynamic "replica" {
    for_each = local.first ? ["eu-west-1"] : ["eu-west-1", "us-west-2"]
    content {
      region_name            = replica.value
      point_in_time_recovery = true
      propagate_tags         = true
    }
  }
}

resource "aws_dynamodb_table_item" "item" {
  table_name = aws_dynamodb_table.replicated.name
  hash_key   = aws_dynamodb_table.replicated.hash_key
  item       = jsonencode({ k = { S = "x" }, n = { N = tostring(var.step) }, l = { L = [{ S = "a" }] } })
}

resource "aws_dynamodb_contributor_insights" "table" {
  table_name = aws_dynamodb_table.provisioned.name
}

resource "aws_dynamodb_contributor_insights" "index" {
  table_name = aws_dynamodb_table.provisioned.name
  index_name = "games"
}

resource "aws_kinesis_stream" "changes" {
  name        = "changes"
  shard_count = 1
}

resource "aws_dynamodb_kinesis_streaming_destination" "changes" {
  stream_arn                               = aws_kinesis_stream.changes.arn
  table_name                               = aws_dynamodb_table.provisioned.name
  approximate_creation_date_time_precision = "MICROSECOND"
}

resource "aws_dynamodb_resource_policy" "replicated" {
  resource_arn = aws_dynamodb_table.replicated.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = local.first ? "dynamodb:GetItem" : "dynamodb:Query"
      Resource  = aws_dynamodb_table.replicated.arn
    }]
  })
}

resource "aws_dynamodb_table" "scaled" {
  name           = "scaled"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "k"
  table_class    = local.first ? "STANDARD" : "STANDARD_INFREQUENT_ACCESS"
  attribute {
    name = "k"
    type = "B"
  }
  lifecycle { ignore_changes = [read_capacity] }
}

resource "aws_appautoscaling_target" "reads" {
  max_capacity       = local.first ? 100 : 200
  min_capacity       = 5
  resource_id        = "table/${aws_dynamodb_table.scaled.name}"
  scalable_dimension = "dynamodb:table:ReadCapacityUnits"
  service_namespace  = "dynamodb"
}

resource "aws_appautoscaling_policy" "reads" {
  name               = "reads"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.reads.resource_id
  scalable_dimension = aws_appautoscaling_target.reads.scalable_dimension
  service_namespace  = aws_appautoscaling_target.reads.service_namespace
  target_tracking_scaling_policy_configuration {
    predefined_metric_specification { predefined_metric_type = "DynamoDBReadCapacityUtilization" }
    target_value = local.first ? 70 : 60
  }
}

resource "aws_s3_bucket" "files" {
  bucket        = "${var.name}-files"
  force_destroy = true
}

resource "aws_s3_object" "rows" {
  bucket  = aws_s3_bucket.files.id
  key     = "in/rows.csv"
  content = "id,name\n1,a\n2,b\n"
}

resource "aws_dynamodb_table" "imported" {
  name         = "imported"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  import_table {
    input_format           = "CSV"
    input_compression_type = "NONE"
    s3_bucket_source {
      bucket     = aws_s3_bucket.files.id
      key_prefix = "in/"
    }
  }
  depends_on = [aws_s3_object.rows]
}

resource "aws_dynamodb_table_export" "export" {
  table_arn = aws_dynamodb_table.provisioned.arn
  s3_bucket = aws_s3_bucket.files.id
}

resource "aws_dynamodb_table" "restored" {
  name                     = "restored"
  billing_mode             = "PAY_PER_REQUEST"
  hash_key                 = "k"
  restore_source_table_arn = aws_dynamodb_table.replicated.arn
  restore_to_latest_time   = true
  attribute {
    name = "k"
    type = "S"
  }
}

resource "aws_iam_role" "dax" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "dax.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_dax_parameter_group" "slow" {
  name = "slow"
  parameters {
    name  = "query-ttl-millis"
    value = local.first ? "100000" : "200000"
  }
  parameters {
    name  = "record-ttl-millis"
    value = "300000"
  }
}

resource "aws_dax_cluster" "cluster" {
  cluster_name         = "cluster"
  iam_role_arn         = aws_iam_role.dax.arn
  node_type            = "dax.r4.large"
  replication_factor   = 1
  parameter_group_name = aws_dax_parameter_group.slow.name
}

data "aws_dynamodb_table_item" "imported" {
  table_name = aws_dynamodb_table.imported.name
  key        = jsonencode({ id = { S = "2" } })
}

output "told" {
  value = jsondecode(data.aws_dynamodb_table_item.imported.item).name.S
}
