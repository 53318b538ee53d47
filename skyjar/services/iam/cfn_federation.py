"""AWS::IAM::OIDCProvider and SAMLProvider in stacks."""

from __future__ import annotations

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call

from .cfn_properties import given, ignoring_gone, own_tags, tag_list, tags_changed


def create_issuer(call: Call, resource: Resource, properties: Properties) -> Physical:
    optional = {"ClientIdList": "client_id_list", "ThumbprintList": "thumbprint_list"}
    arn = call.ask("iam").create_open_id_connect_provider(
        url=properties["Url"], **given(properties, optional), **tag_list(own_tags(resource, properties))
    )["OpenIDConnectProviderArn"]
    return Physical(arn, {"Arn": arn})


def update_issuer(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    iam, which = call.ask("iam"), {"open_id_connect_provider_arn": old.id}
    wanted, had = properties.get("ClientIdList", []), before.get("ClientIdList", [])
    for client in [each for each in had if each not in wanted]:
        iam.remove_client_id_from_open_id_connect_provider(**which, client_id=client)
    for client in [each for each in wanted if each not in had]:
        iam.add_client_id_to_open_id_connect_provider(**which, client_id=client)
    thumbprints = properties.get("ThumbprintList", [])
    if thumbprints != before.get("ThumbprintList", []):
        iam.update_open_id_connect_provider_thumbprint(**which, thumbprint_list=thumbprints)
    tags_changed(call, "open_id_connect_provider", which, resource, properties, before)
    return old


def delete_issuer(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    call.ask("iam").delete_open_id_connect_provider(open_id_connect_provider_arn=physical.id)


def create_saml(call: Call, resource: Resource, properties: Properties) -> Physical:
    iam = call.ask("iam")
    arn = iam.create_saml_provider(
        name=properties.get("Name") or resource.name(128),
        saml_metadata_document=properties["SamlMetadataDocument"],
        **given(
            properties, {"AssertionEncryptionMode": "assertion_encryption_mode", "AddPrivateKey": "add_private_key"}
        ),
        **tag_list(own_tags(resource, properties)),
    )["SAMLProviderArn"]
    return Physical(
        arn, {"Arn": arn, "SamlProviderUUID": iam.get_saml_provider(saml_provider_arn=arn)["SAMLProviderUUID"]}
    )


def update_saml(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    which = {"saml_provider_arn": old.id}
    names = {
        "SamlMetadataDocument": "saml_metadata_document",
        "AssertionEncryptionMode": "assertion_encryption_mode",
    }
    changed = {name: each for name, each in properties.items() if name in names and each != before.get(name)}
    if changed:
        call.ask("iam").update_saml_provider(**which, **given(changed, names))
    tags_changed(call, "saml_provider", which, resource, properties, before)
    return old


def delete_saml(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    ignoring_gone(call.ask("iam").delete_saml_provider, saml_provider_arn=physical.id)
