--[[
Store a caller's request about all members of a workflow. From now on a commit of a member that does
not know it is refused.

KEYS
  1 workflow hash: the workflow's figures, with the request
  2 acts     sorted set: requests that are not carried out yet, by the time (ms) of each
ARGV
  1 name     of the request in the sorted set
  2 act      id of the request
  3 text     the request
  4 at       ms since 1970 at which it was made
  5 last     "1": no other request may follow it
  6 ttl      ms until the hash expires where no member is stored
Returns
  {1}            stored
  {0, act, text} nothing changed: another request stands, after which none may follow, or a newer one
Publishes
  nothing
]]
local workflow, acts, name, act, text = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
local at, last, ttl = tonumber(ARGV[4]), ARGV[5], ARGV[6]

local known = tolerant('HMGET', workflow, 'act', 'control', 'asked', 'last', 'revision')
if not known then
  return {1}
end
local newer = (tonumber(known[3]) or 0) > at and last ~= '1'
if known[1] and (known[4] == '1' or newer) then
  return {0, known[1], known[2] or ''}
end
redis.call('HSET', workflow, 'act', act, 'control', text, 'asked', at, 'last', last)
if not known[5] then
  redis.call('PEXPIRE', workflow, ttl)
end
tolerant('ZADD', acts, at, name)
return {1}
