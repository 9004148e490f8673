# What the variables refuse, and what they decide. Needs no account: the provider is a mock.
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }
}

variables {
  environment = {
    # The workspace that these tests run in.
    name                = "default"
    account             = "333333333333"
    region              = "us-east-1"
    operations_log_days = 730
    deletion_protection = true
    retain_data         = true
    tls_only            = true
  }
}

run "an_environment_that_keeps_its_data" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.delivery_assignments.deletion_protection_enabled
    error_message = "The table can be deleted."
  }

  assert {
    condition     = !aws_s3_bucket.operations_log.force_destroy
    error_message = "The bucket can be deleted with its files."
  }

  assert {
    condition     = length(aws_s3_bucket_policy.tls_only) == 1
    error_message = "The bucket answers plain HTTP."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.operations_log) == 0
    error_message = "Access is logged into a bucket that nobody has named."
  }
}

run "access_logs_go_where_named" {
  command = plan

  variables {
    environment = {
      name                = "default"
      account             = "333333333333"
      region              = "us-east-1"
      operations_log_days = 730
      deletion_protection = true
      retain_data         = true
      tls_only            = true
      access_logs_bucket  = "access-logs-of-everything"
    }
  }

  assert {
    condition     = aws_s3_bucket_logging.operations_log[0].target_bucket == "access-logs-of-everything"
    error_message = "Access is not logged into the bucket that was named."
  }
}

run "data_of_another_environment_than_the_workspace" {
  command = plan

  variables {
    environment = {
      name                = "prod"
      account             = "333333333333"
      region              = "us-east-1"
      operations_log_days = 730
      deletion_protection = true
      retain_data         = true
      tls_only            = true
    }
  }

  expect_failures = [var.environment]
}

run "an_account_that_is_none" {
  command = plan

  variables {
    environment = {
      name                = "default"
      account             = "333"
      region              = "us-east-1"
      operations_log_days = 730
      deletion_protection = true
      retain_data         = true
      tls_only            = true
    }
  }

  expect_failures = [var.environment]
}

run "a_retention_that_is_none" {
  command = plan

  variables {
    environment = {
      name                = "default"
      account             = "333333333333"
      region              = "us-east-1"
      operations_log_days = 0.5
      deletion_protection = true
      retain_data         = true
      tls_only            = true
    }
  }

  expect_failures = [var.environment]
}
