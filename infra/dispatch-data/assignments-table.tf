# Who carries which package: alike the CDK's (cdk/delivery-assignments-table.ts), which a test compares with it.
resource "aws_dynamodb_table" "delivery_assignments" {
  name         = "milkrun-${var.environment.name}-delivery-assignments"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "driver_id"
  range_key    = "package_id"

  attribute {
    name = "driver_id"
    type = "S"
  }

  attribute {
    name = "package_id"
    type = "S"
  }

  attribute {
    name = "date"
    type = "S"
  }

  # Keys only and no status, so a change of status writes to neither index.
  global_secondary_index {
    name            = "by_day"
    hash_key        = "driver_id"
    range_key       = "date"
    projection_type = "KEYS_ONLY"
  }

  global_secondary_index {
    name            = "by_package"
    hash_key        = "package_id"
    range_key       = "date"
    projection_type = "KEYS_ONLY"
  }

  # The outbox.
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  deletion_protection_enabled = var.environment.deletion_protection
}
