--[[
Commit the record of a workflow's member. What `commit.lua` does; and in the same act the figures of
its workflows change by what the comparison has proved.

KEYS
  1 task      string: the record's document
  2 facets    hash: task id -> where the task stands
  3 expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  4 tasks     sorted set: all task ids by creation time (µs)
  5 runs      string: the last successful runs of the task's type, the newest first, one a line
  6 times     hash: how long tasks of each type waited and ran
  7 workflows sorted set: workflow ids by creation time (ms)
  8 plans     sorted set: workflow ids with planned members by the time (ms) of the last commit
  9 outermost sorted set: ids of outermost workflows by creation time (µs)
 10 ended     sorted set: ids of tasks that ended as this one by the time (ms) at which each did
 11 …         `leaves` sorted sets to leave, then `enters` sorted sets to enter, then for each
              workflow its hash, and the sorted set of its planned members; and of a member that
              has completed the sorted sets of all members, of those, of its publishers, and of
              the names whose runs are kept, by the time (ms) of the last one; then about webhooks;
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
 16 told      number of arguments that are about webhooks, as `_noted.lua` takes them, with the keys
              before the timeline; 0 mostly
 17 entries   number of the last arguments, which are about the timeline, as `_remembered.lua` takes
              them; 0 mostly
 18 over      ms since 1970 at which the task has ended, where that is new; "" otherwise
 19 started   ms since 1970 at which the task first began, "" before
 20 ended     ms since 1970 at which it ended, "" before
 21 name      the last workflow's name, "" leaves it as it is
 22 expected  how many members the last workflow's caller expects, "" leaves it as it is
 23 took      number of times that count
 24 past      of a member that has completed: what stands before a workflow's name in the key of its
              last successful runs; "" otherwise
 25 …         of each of these the kind, the task type, and µs; then
              for each workflow, the outermost one of the member first: its id, what its share grows by, where an empty message follows
              ("" for no message), and the id of the newest request about the whole workflow that the
              record has followed ("*": whatever was asked)
Returns
  {1}                    committed
  {0, document, facets}  nothing changed; what is stored instead (false where nothing is; for a
                         value that is no document "\0" and what it is)
  {0, document, facets, {workflow id, act, request, …}}  nothing changed, only since the record has
                         not followed these requests
Publishes
  the document, on the channel
]]
local call = redis.call  -- looked up once
local task, facets, expiry, tasks, runs = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local times, workflows, plans, outermost, first = KEYS[6], KEYS[7], KEYS[8], KEYS[9], 10
local ended = KEYS[10]
local id, expected, before, text, after = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local due, channel, fresh, publish = tonumber(ARGV[7]), ARGV[8], ARGV[11] == '1', ARGV[13]
local leaves, enters = tonumber(ARGV[9]), tonumber(ARGV[10])
local started, ended_at, name, expected_members = ARGV[19], ARGV[20], ARGV[21], ARGV[22]
local past, stride = ARGV[24], ARGV[24] == '' and 2 or 6  -- keys of a workflow
local about = 25 + 3 * tonumber(ARGV[23])  -- the first argument about workflows
local entries = tonumber(ARGV[17])
local keys, args = #KEYS - (entries > 0 and 1 or 0), #ARGV - entries  -- without the timeline
local last = args - tonumber(ARGV[16])  -- the last of them

local stored = document(task, ARGV[14])
local stands = tolerant('HGET', facets, id)
local found = stored and redis.sha1hex(stored) or ''
if found ~= expected or (stands or '') ~= before then
  return {0, stored, stands}
end

local asked, first_of_each = {}, first + leaves + enters + 1
for i = 0, (last - about + 1) / 4 - 1 do
  local workflow, known = KEYS[first_of_each + stride * i], ARGV[about + 3 + 4 * i]
  local act = known ~= '*' and tolerant('HGET', workflow, 'act')
  if act and act ~= known then
    asked[#asked + 1], asked[#asked + 2] = ARGV[about + 4 * i], act
    asked[#asked + 1] = tolerant('HGET', workflow, 'control') or ''
  end
end
if #asked > 0 then
  return {0, stored, stands, asked}
end

if not redis.acl_check_cmd(publish, channel, '') then  -- before anything is written
  return redis.error_reply('NOPERM this user may not publish on ' .. channel)
end
if last < args and not may_note(KEYS[keys]) then
  return redis.error_reply('NOPERM this user may not leave events for webhooks (XADD, XDEL, XLEN)')
end

call('SET', task, text, 'PX', ARGV[6])
if due then
  tolerant('ZADD', expiry, due, id)
end
if after ~= before then
  tolerant('HSET', facets, id, after)
end
for i = first + 1, first + leaves do
  tolerant('ZREM', KEYS[i], id)
end
local now, score = call('TIME'), nil
if enters > 0 then
  -- Every index sorts by the one creation time; Redis gives it, so that no host's clock does.
  score = not fresh and tolerant('ZSCORE', tasks, id)
  score = score or now[1] .. string.format('%06d', now[2])
  for i = first + leaves + 1, first + leaves + enters do
    tolerant('ZADD', KEYS[i], score, id)
  end
end
if ARGV[12] ~= '' then
  ran(runs, ARGV[12])
end
took(times, 25, about - 1, ARGV[15])
if ARGV[18] ~= '' then
  tolerant('ZADD', ended, ARGV[18], id)
end

local now_ms = now[1] .. string.sub(string.format('%06d', now[2]), 1, 3)
local key, arg = first_of_each, about
while arg <= last do
  local workflow, planned, workflow_id = KEYS[key], KEYS[key + 1], ARGV[arg]
  if ARGV[arg + 1] ~= '0' then
    tolerant('HINCRBY', workflow, 'share', ARGV[arg + 1])
  end
  local begins = tolerant('HINCRBY', workflow, 'revision', 1) == 1
  if begins then
    tolerant('HSET', workflow, 'begun', now_ms)
    tolerant('PERSIST', workflow)
    tolerant('ZADD', workflows, now_ms, workflow_id)
  end
  if arg == about and ARGV[arg + 3] ~= '*' and score and (begins or fresh) then
    tolerant('ZADD', outermost, 'NX', score, workflow_id)
  end
  tolerant('HSET', workflow, 'changed', now_ms)
  if name ~= '' and arg + 4 > last then
    tolerant('HSET', workflow, 'name', name)
  end
  if expected_members ~= '' and arg + 4 > last then
    tolerant('HSET', workflow, 'expected', expected_members)
  end
  if started ~= '' then
    tolerant('HSETNX', workflow, 'started', started)
  end
  if ended_at ~= '' and tonumber(ended_at) > (tonumber(tolerant('HGET', workflow, 'ended') or 0) or 0) then
    tolerant('HSET', workflow, 'ended', ended_at)
  end
  if (tolerant('ZCARD', planned) or 0) > 0 then
    tolerant('ZADD', plans, now_ms, workflow_id)
  elseif stands ~= false then
    tolerant('ZREM', plans, workflow_id)
  end
  if ARGV[arg + 2] ~= '' and redis.acl_check_cmd('PUBLISH', ARGV[arg + 2], '') then
    call('PUBLISH', ARGV[arg + 2], '')
  end
  if past ~= '' then
    finished(workflow, KEYS[key + 2], KEYS[key + 3], KEYS[key + 4], KEYS[key + 5], past, workflow_id, now_ms)
  end
  key, arg = key + stride, arg + 4
end
if last < args then
  noted(keys, args, args - last)
end
if entries > 0 then
  remembered(KEYS[#KEYS], args + 1, #ARGV, ARGV[6])
end
call(publish, channel, text)
return {1}
