# Every configuration of a bucket, and what S3 Control keeps. `step` 2 changes what can be changed in place.

resource "aws_s3_bucket" "main" {
  bucket              = "${var.name}-main"
  force_destroy       = true
  object_lock_enabled = true
  tags                = { team = "x", step = tostring(var.step) }
}

resource "aws_s3_bucket" "log" {
  bucket        = "${var.name}-log"
  force_destroy = true
}

resource "aws_s3_bucket" "replica" {
  bucket        = "${var.name}-replica"
  force_destroy = true
}

resource "aws_s3_bucket" "site" {
  bucket        = "${var.name}-site"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "these" {
  for_each = { main = aws_s3_bucket.main.id, replica = aws_s3_bucket.replica.id }
  bucket   = each.value
  versioning_configuration { status = "Enabled" }
}

resource "aws_kms_key" "key" {
  deletion_window_in_days = 7
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = local.first ? "aws:kms" : "AES256"
      kms_master_key_id = local.first ? aws_kms_key.key.arn : null
    }
    bucket_key_enabled = true
  }
}

# The provider itself watches a new one for the better part of a minute, so it is not changed.
resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket     = aws_s3_bucket.main.id
  depends_on = [aws_s3_bucket_versioning.these]
  rule {
    id     = "all of it"
    status = "Enabled"
    filter {
      and {
        prefix                   = "logs/"
        object_size_greater_than = 500
        object_size_less_than    = 64000000
        tags                     = { a = "b", c = "d" }
      }
    }
    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }
    transition {
      days          = 90
      storage_class = "GLACIER"
    }
    expiration { days = 365 }
    noncurrent_version_transition {
      noncurrent_days           = 30
      newer_noncurrent_versions = 2
      storage_class             = "GLACIER"
    }
    noncurrent_version_expiration {
      noncurrent_days           = 100
      newer_noncurrent_versions = 3
    }
  }
  rule {
    id     = "no filter"
    status = "Disabled"
    filter {}
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
    expiration { expired_object_delete_marker = true }
  }
  rule {
    id     = "a date"
    status = "Enabled"
    filter {
      tag {
        key   = "k"
        value = "v"
      }
    }
    expiration { date = "2040-01-01T00:00:00Z" }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.step
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  cors_rule {
    id              = "x"
    allowed_headers = ["*"]
    allowed_methods = local.first ? ["PUT", "POST"] : ["DELETE"]
    allowed_origins = ["https://a.example.com"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3000
  }
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}

data "aws_iam_policy_document" "main" {
  statement {
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.account_id]
    }
    actions   = local.first ? ["s3:GetObject", "s3:ListBucket"] : ["s3:ListBucket"]
    resources = [aws_s3_bucket.main.arn, "${aws_s3_bucket.main.arn}/*"]
  }
  statement {
    effect = "Deny"
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.main.arn}/locked/*"]
    condition {
      test     = "StringNotEquals"
      variable = "s3:x-amz-server-side-encryption"
      values   = ["aws:kms"]
    }
  }
}

resource "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket.main.id
  policy = data.aws_iam_policy_document.main.json
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket                  = aws_s3_bucket.site.id
  block_public_acls       = false
  block_public_policy     = !local.first
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_account_public_access_block" "account" {
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = local.first
  restrict_public_buckets = false
}

resource "aws_s3_bucket_ownership_controls" "site" {
  bucket = aws_s3_bucket.site.id
  rule { object_ownership = "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_acl" "site" {
  bucket     = aws_s3_bucket.site.id
  acl        = local.first ? "public-read" : "private"
  depends_on = [aws_s3_bucket_ownership_controls.site, aws_s3_bucket_public_access_block.site]
}

resource "aws_s3_bucket_website_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  index_document { suffix = "index.html" }
  error_document { key = local.first ? "error.html" : "none.html" }
  routing_rule {
    condition { key_prefix_equals = "docs/" }
    redirect { replace_key_prefix_with = "documents/" }
  }
}

resource "aws_s3_bucket_logging" "main" {
  bucket        = aws_s3_bucket.main.id
  target_bucket = aws_s3_bucket.log.id
  target_prefix = "log/${var.step}/"
  target_object_key_format {
    partitioned_prefix { partition_date_source = "EventTime" }
  }
}

resource "aws_s3_bucket_inventory" "main" {
  bucket                   = aws_s3_bucket.main.id
  name                     = "inventory"
  included_object_versions = "All"
  schedule { frequency = local.first ? "Daily" : "Weekly" }
  optional_fields = ["Size", "ETag", "StorageClass"]
  filter { prefix = "documents/" }
  destination {
    bucket {
      format     = "ORC"
      bucket_arn = aws_s3_bucket.log.arn
      prefix     = "inventory"
      encryption {
        sse_s3 {}
      }
    }
  }
}

resource "aws_s3_bucket_analytics_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  name   = "analytics"
  filter {
    prefix = "documents/"
    tags   = { priority = local.first ? "high" : "low" }
  }
  storage_class_analysis {
    data_export {
      destination {
        s3_bucket_destination {
          bucket_arn = aws_s3_bucket.log.arn
          prefix     = "analytics"
        }
      }
    }
  }
}

resource "aws_s3_bucket_metric" "some" {
  bucket = aws_s3_bucket.main.id
  name   = "some"
  filter {
    prefix = "d/"
    tags   = { x = tostring(var.step) }
  }
}

resource "aws_s3_bucket_metric" "all" {
  bucket = aws_s3_bucket.main.id
  name   = "all"
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  name   = "tiers"
  tiering {
    access_tier = "DEEP_ARCHIVE_ACCESS"
    days        = 180
  }
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = local.first ? 125 : 130
  }
  filter { prefix = "x" }
}

resource "aws_s3_bucket_accelerate_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  status = local.first ? "Enabled" : "Suspended"
}

resource "aws_s3_bucket_request_payment_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  payer  = local.first ? "Requester" : "BucketOwner"
}

resource "aws_sns_topic" "topic" {
  name = var.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:us-east-1:${data.aws_caller_identity.me.account_id}:${var.name}"
    }]
  })
}

resource "aws_s3_bucket_notification" "main" {
  bucket      = aws_s3_bucket.main.id
  eventbridge = true
  topic {
    topic_arn     = aws_sns_topic.topic.arn
    events        = local.first ? ["s3:ObjectCreated:*"] : ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"]
    filter_prefix = "in/"
    filter_suffix = ".csv"
  }
}

resource "aws_iam_role" "replication" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_s3_bucket_replication_configuration" "main" {
  depends_on = [aws_s3_bucket_versioning.these]
  role       = aws_iam_role.replication.arn
  bucket     = aws_s3_bucket.main.id
  rule {
    id       = "rule"
    priority = 10
    filter { prefix = local.first ? "a" : "b" }
    status = "Enabled"
    delete_marker_replication { status = "Disabled" }
    source_selection_criteria {
      sse_kms_encrypted_objects { status = "Enabled" }
    }
    destination {
      bucket        = aws_s3_bucket.replica.arn
      storage_class = "STANDARD_IA"
      encryption_configuration { replica_kms_key_id = aws_kms_key.key.arn }
      metrics {
        status = "Enabled"
        event_threshold { minutes = 15 }
      }
      replication_time {
        status = "Enabled"
        time { minutes = 15 }
      }
    }
  }
}

resource "aws_s3_object" "page" {
  bucket             = aws_s3_bucket.site.id
  key                = "index.html"
  content            = "<h1>${var.step}</h1>"
  content_type       = "text/html"
  cache_control      = "max-age=1"
  checksum_algorithm = "SHA256"
  metadata           = { a = "b" }
  tags               = { t = tostring(var.step) }
}

resource "aws_s3_object" "held" {
  bucket                        = aws_s3_bucket.main.id
  key                           = "in/held.csv"
  content                       = "1"
  object_lock_legal_hold_status = local.first ? "ON" : "OFF"
  object_lock_mode              = "GOVERNANCE"
  object_lock_retain_until_date = "2040-01-01T00:00:00Z"
  force_destroy                 = true
  depends_on                    = [aws_s3_bucket_versioning.these]
}

resource "aws_s3_object_copy" "copy" {
  bucket            = aws_s3_bucket.site.id
  key               = "copy"
  source            = "${aws_s3_object.page.bucket}/${aws_s3_object.page.key}"
  tagging_directive = "REPLACE"
}

resource "aws_s3_access_point" "point" {
  bucket = aws_s3_bucket.main.id
  name   = "point"
}

resource "aws_s3control_access_point_policy" "point" {
  access_point_arn = aws_s3_access_point.point.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = local.first ? "s3:GetObject" : "s3:PutObject"
      Resource  = "${aws_s3_access_point.point.arn}/object/*"
    }]
  })
}

resource "aws_s3control_multi_region_access_point" "point" {
  details {
    name = "everywhere"
    region { bucket = aws_s3_bucket.replica.id }
  }
}

data "aws_s3_object" "page" {
  bucket = aws_s3_object.page.bucket
  key    = aws_s3_object.page.key
}

output "told" {
  value = data.aws_s3_object.page.body
}
