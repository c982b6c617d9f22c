"""Every delete is looked at twice: what was applied late, after OpenSearch forgot the delete, is deleted again."""
