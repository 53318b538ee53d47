"""AWS::DynamoDB::Table and GlobalTable."""

from __future__ import annotations

from skyjar.formation.resources import ResourceType

from . import cfn_global_tables, cfn_tables

RESOURCE_TYPES = {
    "AWS::DynamoDB::Table": ResourceType(
        create=cfn_tables.create_table,
        update=cfn_tables.update_table,
        delete=cfn_tables.delete_table,
        properties=cfn_tables.SUPPORTED,
    ),
    "AWS::DynamoDB::GlobalTable": ResourceType(
        create=cfn_global_tables.create_table,
        update=cfn_global_tables.update_table,
        delete=cfn_global_tables.delete_table,
        properties=cfn_global_tables.SUPPORTED,
    ),
}
