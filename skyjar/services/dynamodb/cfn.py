"""AWS::DynamoDB::Table and GlobalTable."""

from __future__ import annotations

from skyjar.formation.resources import ResourceType

from . import cfn_changes, cfn_global_tables, cfn_imports, cfn_properties, cfn_tables

# AWS's schema does not say so; its User Guide does ("Update requires: Replacement")
_REPLACED_BY = frozenset({"KeySchema", "LocalSecondaryIndexes"})
RESOURCE_TYPES = {
    "AWS::DynamoDB::Table": ResourceType(
        create=cfn_imports.create_table,
        update=cfn_changes.update_table,
        delete=cfn_tables.delete_table,
        properties=cfn_tables.SUPPORTED,
        replaced_by=_REPLACED_BY,
        replaced_if=cfn_properties.is_retyped,
    ),
    "AWS::DynamoDB::GlobalTable": ResourceType(
        create=cfn_global_tables.create_table,
        update=cfn_global_tables.update_table,
        delete=cfn_global_tables.delete_table,
        properties=cfn_global_tables.SUPPORTED,
        replaced_by=_REPLACED_BY,
        replaced_if=cfn_properties.is_retyped,
    ),
}
