"""Analyses behind a queue: the client never waits. Start reading at `service.py`; an analysis is a file in `analyses/`.

One image, two functions: `scilearn.handler.handler` (analyses) and `scilearn.status_handler.handler` (status, light).

# Flow, and the rights of each hop

1. `POST /analyses`: REST API → SQS by AWS integration, no Lambda. The method's model is `api_model.json` (made by
   `request_schema`; a test compares) with a validator of the body. `passthroughBehavior` NEVER and one template, for
   `application/json`: a body of another content type would not be validated (API Gateway, "Request validation for REST
   APIs": "If no matching content type is found, request validation is not performed"). Template:

       Action=SendMessage&MessageBody=$util.urlEncode("{""request_id"":""${context.requestTimeEpoch}-
       ${context.extendedRequestId}"",""accepted_at"":${context.requestTimeEpoch},""request"":$input.json('$')}")

   (in one line without the space; `""` is a quote in a Velocity string; braces, as Velocity counts a hyphen as part
   of a name. Tried in MiniStack's renderer, not on AWS.) Answer 202 `{"request_id": ID, "status": "/analyses/ID"}` and
   `Location`; the same two references make the ID there. A body that SQS refuses as too long (its 400) is answered 413.
   Rights of the API's role: `sqs:SendMessage` on the queue.
2. Queue `scilearn-requests`: `MaximumMessageSize` 98,304 bytes (an escaped body may double on its way, and SNS
   destinations take 256 KB; larger inputs go through S3), a dead-letter queue for what the pipe could not hand over,
   visibility time-out 60 s or more, retention = `QUEUE_RETENTION_SECONDS`.
3. EventBridge pipe, batch size 1, no input template, target parameter `InvocationType: FIRE_AND_FORGET`. Its role:
   `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:GetQueueAttributes` on the queue, `lambda:InvokeFunction` on the
   function. Event: see `pipe_event`.
4. Function `scilearn`, asynchronous: `maximumRetryAttempts` = `MAXIMUM_RETRY_ATTEMPTS`, both destinations. Its role:
   `dynamodb:GetItem`, `dynamodb:PutItem` on the status table; `s3:PutObject` on `RESULTS_BUCKET/RESULTS_PREFIX*`;
   `s3:GetObject` on the input locations, and `s3:ListBucket` on their buckets if a missing key is to be told from a
   forbidden one; `aoss:APIAccessAll` on the collection and the data access policy's `aoss:ReadDocument`,
   `aoss:DescribeIndex` on the indexes behind the alias, if search input is on; and the destinations' own
   (`sqs:SendMessage`, `sns:Publish`, `events:PutEvents` or `lambda:InvokeFunction`).
   Memory 512 MB or more (checked at start), time limit 20 s or more (8 s are kept for storing).
5. `GET /analyses/{id}`: REST proxy integration → the status function. Role: `dynamodb:GetItem` on the table,
   `s3:GetObject` on the results (its links carry this right).

# Environment

Analysis: `STATUS_TABLE`, `RESULTS_BUCKET`, `RESULTS_PREFIX` (default `results/`), `INPUT_LOCATIONS`
(`s3://bucket/prefix,...`; none: no S3 input), `OPENSEARCH_ENDPOINT` and `OPENSEARCH_INDEX` (the readers' alias; both or
none), `SEARCH_ROW_LIMIT` (100,000 documents), `RESULT_DAYS` (30), `MAXIMUM_RETRY_ATTEMPTS` (2). Status: `STATUS_TABLE`,
`QUEUE_RETENTION_SECONDS`, `LINK_SECONDS` (900). Lambda itself sets `AWS_REGION` and `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`;
where it doesn't (a local process), set them. For plots a writable `MPLCONFIGDIR` is /tmp if not set.

# Status table and bucket

Key: string `request_id`; TTL attribute `expires_at`; nothing else is indexed. Attributes: `status_record.StatusRecord`.
Bucket: `results/<request id>/result.json`, `plot-<name>.png`; a lifecycle rule on the prefix expires them after
`RESULT_DAYS`. Status answers: `status_answer`.

# Messages at the ends

On success `responsePayload` is `{"request_id", "state", "duplicate", "analysis", "bucket", "keys"}`; `state` may also
be `running`, `failed` or `superseded` with `duplicate` true: a second delivery that did nothing. On failure
`requestPayload[0].body` is the message and `responsePayload.errorMessage` `ID: code: message`, of type
AnalysisFailedError (settled as failed), TransientError (the table was unreachable to the end) or PoisonMessageError (no
request id: nothing in the table).

To send a failure again: take the message of `requestPayload[0].body`, mend `request` if need be, set `"resend"` to the
record's `resend` + 1, and send it to the queue. Of two senders with the same number one runs, and a succeeded request
never runs again, so nothing is done twice. Failures by reason: the records' `reason.code`, or the error message.
"""
