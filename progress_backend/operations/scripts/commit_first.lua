--[[
Commit the first record of a task: set, expire, enter the indexes and publish, in one step. As
`commit.lua`, without what only a stored task needs.

KEYS
  task      string: the record's document
  facets    hash: task id -> its facets, which name its indexes
  expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  …         sorted sets: every index that the task is in, by creation time (µs)
ARGV
  id        of the task
  text      the document
  stands    the task's facets
  ttl       ms until the record expires by itself
  due       ms since 1970 from which cleanup may delete it
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
if not redis.acl_check_cmd('PUBLISH', channel, '') then  -- before anything is written
  return redis.error_reply('NOPERM this user may not publish on ' .. channel)
end

if tolerant('HSETNX', facets, id, stands) == 0 then
  return {0, document(task, most), tolerant('HGET', facets, id)}
end
if not call('SET', task, text, 'PX', ttl, 'NX') then
  tolerant('HDEL', facets, id)
  return {0, document(task, most), false}
end
tolerant('ZADD', expiry, due, id)
-- Every index has the same creation time, from Redis's clock, not from a host's.
local now = call('TIME')
local created = now[1] .. string.format('%06d', now[2])
for i = keys + 1, #KEYS do
  tolerant('ZADD', KEYS[i], created, id)
end
call('PUBLISH', channel, text)
return {1}
