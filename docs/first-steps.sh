#!/bin/sh
# From an audit event to a revoked token, against what `make run` started. Each request is shown before its answer.
#   docs/first-steps.sh [ADDRESS]
set -eu
api=${1:-http://127.0.0.1:8787}
org=$api/v1/orgs/00000000-0000-4000-8000-000000000001
command -v curl >/dev/null || { echo "first-steps needs curl, which is missing: apt-get install curl" >&2; exit 3; }

step() { printf '\n# %s\n' "$*"; }
# ask METHOD URL ROLE [CURL'S ARGUMENTS]: shows the request; its answer stays in $answer.
ask() {
  method=$1 url=$2 role=$3
  shift 3
  printf '%s %s  (%s)\n' "$method" "${url#"$api"}" "$role"
  answer=$(curl -sS --fail-with-body -X "$method" -H "Authorization: Bearer $role" "$@" "$url")
}
# field NAME: the first text of this name in the answer.
field() { printf '%s' "$answer" | tr -d '\n' | sed 's/"'"$1"'": *"/\n/' | sed -n '2s/".*//p'; }

step "An audit event comes by webhook, and once more: it is stored once."
ask GET "$api/_local/clock" local-admin
event='{"id": "first-steps-'$(date +%s)'", "type": "events", "attributes": {"time": "'$(field now)'", "action": "jira_issue_viewed",
  "actor": {"id": "712020:00000000-0000-4000-8000-000000000042", "auth": {"authType": "api-token", "tokenLabel": "first steps"}}}}'
for delivery in first second; do
  ask POST "$api/webhooks/${org##*/}/audit" local-webhook -d "$event"
  echo "$delivery delivery: $answer"
done

step "A policy that revokes unused tokens, on the first working day a week after the plan and only if a person agrees. Until now all was withheld."
etag=$(curl -sS -D - -o /dev/null -H 'Authorization: Bearer local-reader' "$org/policy" | tr -d '\r' | sed -n 's/^etag: //Ip')
ask PUT "$org/policy" local-admin -H "If-Match: $etag" -d '{
  "mode": "enforce",
  "protected": ["the-account-id-of-somebody-who-is-never-acted-on-without-a-person"],
  "limits": {"max_actions": 5, "max_share_percent": 5, "window_hours": 24},
  "rules": {"unused": {"respond": {"approval": "required", "steps": [{"do": "revoke", "after_days": 7}]}}}
}'
digest=$(printf '%s' "$answer" | tr -d '\n' | sed 's/.*"proposal": *{//; s/.*"digest": *"\([0-9a-f]*\)".*"loosens".*/\1/')
echo "It is looser than the one in force, so it waits for a second person, who confirms exactly that text."
ask POST "$org/policy/confirm" local-approver -d '{"digest": "'"$digest"'", "reason": "we agreed on it"}'
ask POST "$api/_local/run/remediate-tokens" local-admin
ask GET "$org/actions?state=waiting&limit=1" local-reader
action=$(printf '%s' "$answer" | sed 's/.*"id":"\([^"]*\)","not_needed":[^,]*,"plan".*/\1/')
echo "the plan: $(field action) '$(field label)' of $(field owner_name)"
echo "  $(field why)"

step "An approver agrees to exactly that plan."
ask POST "$org/actions/$action/approve" local-approver -d '{"plan_hash": "'"$(field plan_hash)"'", "reason": "nobody knows it"}'

step "Ten days go by. Nothing is done before the log is read to its end; ten minutes later, what is due is done."
ask POST "$api/_local/clock" local-admin -d '{"advance_seconds": 864000}'
ask POST "$api/_local/run/poll-audit" local-admin
ask POST "$api/_local/clock" local-admin -d '{"advance_seconds": 600}'
ask POST "$api/_local/run/remediate-tokens" local-admin
ask GET "$org/actions/$action" local-reader
echo "the action is $(field state): $(printf '%s' "$answer" | sed 's/.*"reason":"\([^"]*\)","requested_by".*/\1/')"

step "What happened stands in the ledger, each entry chained to the one before."
ask GET "$org/ledger" local-reader
printf '%s' "$answer" | sed 's/},{/}\n{/g' | grep "\"action\":\"$action\"" | sed 's/.*"detail":"\([^"]*\)".*"hash":"\(.\{12\}\).*"kind":"\([^"]*\)".*"principal":"\([^"]*\)","seq":\([0-9]*\)}.*/  \5  \2…  \3 by \4: \1/'
