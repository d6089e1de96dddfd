--[[
Commit a record: compare, set, expire, move in the indexes and publish, in one act.

The document and the facets are opaque here: no status name, no JSON.

KEYS
  1 task      string: the record's document
  2 facets    hash: task id -> where the task stands
  3 expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  4 tasks     sorted set: all task ids by creation time (µs)
  5 runs      string: the last successful runs of the task's type, the newest first, one a line
  6 times     hash: how long tasks of each type waited and ran
  7 ended     sorted set: ids of tasks that ended as this one by the time (ms) at which each did
  8 …         `leaves` sorted sets to leave, then `enters` sorted sets to enter, then about webhooks,
              then where there are entries the timeline (stream)
ARGV
  1 task id
  2 expected  SHA-1 of the stored document, "" for none
  3 before    the facets that the caller believes in, "" for none
  4 document
  5 after     the facets from now on
  6 ttl       ms until the record expires by itself
  7 due       ms since 1970 from which cleanup may delete it, "" leaves it as it is
  8 channel   where the document is published
  9 leaves    number of sets to leave
 10 enters    number of sets to enter
 11 fresh     "1": the task counts as created now
 12 run       a run to keep for the type, "" for none
 13 publish   "PUBLISH", or "SPUBLISH" on a cluster
 14 most      bytes that a document may have
 15 fields    fields of `times` from which on new types have none of their own
 16 told      number of arguments that are about webhooks, with the keys before the timeline; 0 mostly
 17 entries   number of the last arguments, which are about the timeline, as `_remembered.lua` takes
              them; 0 mostly
 18 over      ms since 1970 at which the task has ended, where that is new; "" otherwise
 19 …         of each time that counts: the kind, the task type, and µs;
              then about webhooks, as `_noted.lua` takes them; then about the timeline
Returns
  {1}                    committed
  {0, document, facets}  nothing changed; what is stored instead (false where nothing is; for a
                         value that is no document "\0" and what it is)
Publishes
  the document, on the channel
]]
local call = redis.call  -- looked up once
local task, facets, expiry, tasks, runs, times = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ended = KEYS[7]
local id, expected, before, text, after = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local ttl, due, channel = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local leaves, enters = tonumber(ARGV[9]), tonumber(ARGV[10])
local fresh, run, publish = ARGV[11] == '1', ARGV[12], ARGV[13]
local most, first = ARGV[14], 7
local told, entries = tonumber(ARGV[16]), tonumber(ARGV[17])
local keys, args = #KEYS - (entries > 0 and 1 or 0), #ARGV - entries  -- without the timeline

local stored = document(task, most)
local stands = tolerant('HGET', facets, id)
local found = stored and redis.sha1hex(stored) or ''
if found ~= expected or (stands or '') ~= before then
  return {0, stored, stands}
end

if not redis.acl_check_cmd(publish, channel, '') then  -- before anything is written
  return redis.error_reply('NOPERM this user may not publish on ' .. channel)
end
if told > 0 and not may_note(KEYS[keys]) then
  return redis.error_reply('NOPERM this user may not leave events for webhooks (XADD, XDEL, XLEN)')
end

call('SET', task, text, 'PX', ttl)
if due then
  tolerant('ZADD', expiry, due, id)
end
if after ~= before then
  tolerant('HSET', facets, id, after)
end
for i = first + 1, first + leaves do
  tolerant('ZREM', KEYS[i], id)
end
if enters > 0 then
  -- Every index sorts by the one creation time; Redis gives it, so that no host's clock does.
  local score = not fresh and tolerant('ZSCORE', tasks, id)
  if not score then
    local now = call('TIME')
    score = now[1] .. string.format('%06d', now[2])
  end
  for i = first + leaves + 1, first + leaves + enters do
    tolerant('ZADD', KEYS[i], score, id)
  end
end
if run ~= '' then
  ran(runs, run)
end
if args - told > 18 then
  took(times, 19, args - told, ARGV[15])
end
if ARGV[18] ~= '' then
  tolerant('ZADD', ended, ARGV[18], id)
end
if told > 0 then
  noted(keys, args, told)
end
if entries > 0 then
  remembered(KEYS[#KEYS], args + 1, #ARGV, ttl)
end
call(publish, channel, text)
return {1}
