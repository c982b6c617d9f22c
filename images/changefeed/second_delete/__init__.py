"""Every delete is said twice: what was applied late, after OpenSearch forgot the first, is deleted then."""
