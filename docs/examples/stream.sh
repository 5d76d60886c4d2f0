#!/bin/sh
# Print events as they happen: sh stream.sh http://localhost:8080 TOKEN 'task:*'
# curl ends when the server does: start it again with -H "Last-Event-ID: <the last id>".
exec curl --no-buffer --silent --show-error --get "$1/events/stream" \
  --data-urlencode "name=$3" -H "Authorization: Bearer $2"
