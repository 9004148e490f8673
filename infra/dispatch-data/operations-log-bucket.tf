# Parquet files of assignments and updates: alike the CDK's (cdk/private-bucket.ts).
resource "aws_s3_bucket" "operations_log" {
  # Names of buckets are shared by all of AWS.
  bucket = "milkrun-${var.environment.name}-operations-log-${var.environment.account}"
  # Without it S3 refuses to delete a bucket that has files.
  force_destroy = !var.environment.retain_data
}

resource "aws_s3_bucket_public_access_block" "operations_log" {
  bucket                  = aws_s3_bucket.operations_log.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "operations_log" {
  bucket = aws_s3_bucket.operations_log.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "operations_log" {
  bucket = aws_s3_bucket.operations_log.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "operations_log" {
  bucket = aws_s3_bucket.operations_log.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.environment.operations_log_days
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_logging" "operations_log" {
  count = var.environment.access_logs_bucket == null ? 0 : 1

  bucket        = aws_s3_bucket.operations_log.id
  target_bucket = var.environment.access_logs_bucket
  target_prefix = "OperationsLogBucket/"
}

data "aws_iam_policy_document" "tls_only" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.operations_log.arn, "${aws_s3_bucket.operations_log.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "RecentTlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.operations_log.arn, "${aws_s3_bucket.operations_log.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }
}

resource "aws_s3_bucket_policy" "tls_only" {
  count = var.environment.tls_only ? 1 : 0

  bucket = aws_s3_bucket.operations_log.id
  policy = data.aws_iam_policy_document.tls_only.json

  # S3 refuses a policy while it changes what is public.
  depends_on = [aws_s3_bucket_public_access_block.operations_log]
}
