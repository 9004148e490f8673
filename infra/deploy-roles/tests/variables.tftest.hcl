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
    name                 = "default"
    account              = "333333333333"
    region               = "us-east-1"
    create_oidc_provider = true
  }
}

run "an_account_that_trusts_github_already" {
  command = plan

  variables {
    environment = {
      name                 = "default"
      account              = "333333333333"
      region               = "us-east-1"
      create_oidc_provider = false
    }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "A second provider is made, which AWS refuses."
  }
}

run "a_name_is_no_id" {
  command = plan

  variables {
    repository = {
      owner    = "example"
      owner_id = "example"
      name     = "milkrun"
      id       = "milkrun"
    }
  }

  expect_failures = [var.repository]
}

run "any_branch_is_no_branch" {
  command = plan

  variables {
    main_branch = "*"
  }

  expect_failures = [var.main_branch]
}

run "any_workflow_is_no_workflow" {
  command = plan

  variables {
    workflows = { deploy = "*" }
  }

  expect_failures = [var.workflows]
}
