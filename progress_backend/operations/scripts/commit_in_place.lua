--[[
Commit a record that stays in its indexes: compare, set, expire and publish, in one step. As
`commit.lua`, without what a progress value does not need.

KEYS
  task      string: the record's document
  facets    hash: task id -> its facets; read only for a refusal
ARGV
  id        of the task
  expected  SHA-1 of the stored document
  text      the document
  ttl       ms until the record expires by itself
  channel   where the document is published
  most      bytes that a document may have
Returns
  {1}                    committed
  {0, document, facets}  nothing changed; what is stored instead (false if nothing is; for a value
                         that is no document "\0" and its type)
Publishes
  the document, on the channel
]]
local call = redis.call  -- looked up once
local stored = document(task, most)
if not stored or redis.sha1hex(stored) ~= expected then
  return {0, stored, tolerant('HGET', facets, id)}
end
if not redis.acl_check_cmd('PUBLISH', channel, '') then  -- before anything is written
  return redis.error_reply('NOPERM this user may not publish on ' .. channel)
end
call('SET', task, text, 'PX', ttl)
call('PUBLISH', channel, text)
return {1}
