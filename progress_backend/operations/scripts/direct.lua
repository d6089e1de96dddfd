--[[
Store a caller's request for all members of a workflow. From now on a commit of a member that has not
applied it is refused. Without a text the request with this id is deleted.

KEYS
  workflow hash: the workflow's figures, with the request
  acts     sorted set: requests that are not carried out yet, by the time (ms) of each
ARGV
  name     of the request in the sorted set
  act      id of the request
  text     the request, "" deletes it
  at       ms since 1970 at which it was made
  last     "1": no other request may follow it
  ttl      ms until the hash expires where no member is stored
Returns
  {1}            stored
  {0, act, text} nothing changed: the stored request is newer, or no other may follow it
Publishes
  nothing
]]
local known = tolerant('HMGET', workflow, 'act', 'control', 'asked', 'last', 'revision')
if not known then
  return {1}
end
if text == '' then
  if known[1] == act then
    redis.call('HDEL', workflow, 'act', 'control', 'asked', 'last')
  end
  return {1}
end
local newer = (tonumber(known[3]) or 0) > tonumber(at) and last ~= '1'
if known[1] and (known[4] == '1' or newer) then
  return {0, known[1], known[2] or ''}
end
redis.call('HSET', workflow, 'act', act, 'control', text, 'asked', at, 'last', last)
if not known[5] then
  redis.call('PEXPIRE', workflow, ttl)
end
tolerant('ZADD', acts, at, name)
return {1}
