--[[
Commit a record that stays where it stands in the indexes: compare, set, expire and publish, in one
act. What `commit.lua` does, less what a progress value does not need.

KEYS
  1 task      string: the record's document
  2 facets    hash: task id -> where the task stands; read only for a refusal
ARGV
  1 task id
  2 expected  SHA-1 of the stored document
  3 document
  4 ttl       ms until the record expires by itself
  5 channel   where the document is published
  6 publish   "PUBLISH", or "SPUBLISH" on a cluster
  7 most      bytes that a document may have
Returns
  {1}                    committed
  {0, document, facets}  nothing changed; what is stored instead (false where nothing is; for a
                         value that is no document "\0" and what it is)
Publishes
  the document, on the channel
]]
local call = redis.call  -- looked up once
local task, facets = KEYS[1], KEYS[2]
local id, expected, text = ARGV[1], ARGV[2], ARGV[3]
local ttl, channel, publish, most = tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[7]

local stored = document(task, most)
if not stored or redis.sha1hex(stored) ~= expected then
  return {0, stored, tolerant('HGET', facets, id)}
end
if not redis.acl_check_cmd(publish, channel, '') then  -- before anything is written
  return redis.error_reply('NOPERM this user may not publish on ' .. channel)
end
call('SET', task, text, 'PX', ttl)
call(publish, channel, text)
return {1}
