--[[
Commit the first record of a task: set, expire, enter the indexes and publish, in one act. What
`commit.lua` does, less what a task that was not there does not need.

KEYS
  1 task      string: the record's document
  2 facets    hash: task id -> where the task stands
  3 expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  4 …         sorted sets: every index that the task stands in, by creation time (µs)
ARGV
  1 task id
  2 document
  3 stands    the task's facets
  4 ttl       ms until the record expires by itself
  5 due       ms since 1970 from which cleanup may delete it
  6 channel   where the document is published
  7 publish   "PUBLISH", or "SPUBLISH" on a cluster
  8 most      bytes that a document may have
Returns
  {1}                    committed
  {0, document, facets}  nothing changed; what is stored instead (false where nothing is; for a
                         value that is no document "\0" and what it is)
Publishes
  the document, on the channel
]]
local call = redis.call  -- looked up once
local task, facets, expiry = KEYS[1], KEYS[2], KEYS[3]
local id, text, stands = ARGV[1], ARGV[2], ARGV[3]
local ttl, due, channel, publish = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local most = ARGV[8]

if not redis.acl_check_cmd(publish, channel, '') then  -- before anything is written
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
-- Every index sorts by the one creation time; Redis gives it, so that no host's clock does.
local now = call('TIME')
local created = now[1] .. string.format('%06d', now[2])
for i = 4, #KEYS do
  tolerant('ZADD', KEYS[i], created, id)
end
call(publish, channel, text)
return {1}
