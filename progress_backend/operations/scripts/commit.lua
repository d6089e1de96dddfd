--[[
Commit a record: compare, set, expire, move in the indexes and publish, in one act; and the figures of a
member's workflows change by what the comparison has proved.

The document and the facets are opaque here: no status name, no JSON.

KEYS
  task      string: the record's document
  facets    hash: task id -> where the task stands
  expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  tasks     sorted set: all task ids by creation time (µs)
  runs      string: the last successful runs of the task's type, the newest first, one a line
  times     hash: how long tasks of each type waited and ran
  ended     sorted set: ids of tasks that ended as this one by the time (ms) at which each did
  workflows sorted set: workflow ids by creation time (ms)
  plans     sorted set: workflow ids with planned members by the time (ms) of the last commit
  outermost sorted set: ids of outermost workflows by creation time (µs)
  …         `leaves` sorted sets to leave, then `enters` sorted sets to enter, then for each
            workflow its hash, and the sorted set of its planned members; and of a member that
            has completed the sorted sets of all members, of those, of its publishers, and of
            the names whose runs are kept, by the time (ms) of the last one; then about webhooks;
            then where there are entries the timeline (stream)
ARGV
  id        of the task
  expected  SHA-1 of the stored document, "" for none
  before    the facets that the caller believes in, "" for none
  text      the document
  after     the facets from now on
  ttl       ms until the record expires by itself
  due       ms since 1970 from which cleanup may delete it, "" leaves it as it is
  channel   where the document is published
  leaves    number of sets to leave
  enters    number of sets to enter
  fresh     "1": the task counts as created now
  run       a run to keep for the type, "" for none
  publish   "PUBLISH", or "SPUBLISH" on a cluster
  most      bytes that a document may have
  fields    fields of `times` from which on new types have none of their own
  told      number of arguments that are about webhooks, as `_noted.lua` takes them, with the keys
            before the timeline; 0 mostly
  entries   number of the last arguments, which are about the timeline, as `_remembered.lua` takes
            them; 0 mostly
  over      ms since 1970 at which the task has ended, where that is new; "" otherwise
  timed     number of times that count
  started   of a member: ms since 1970 at which it first began, "" before
  completed and at which it ended, "" before
  name      the last workflow's name, "" leaves it as it is
  members   how many the last workflow's caller expects, "" leaves it as it is
  past      of a member that has completed: what stands before a workflow's name in the key of its
            last successful runs; "" otherwise
  …         of each time that counts: the kind, the task type, and µs; then for each workflow, the
            outermost one of the member first: its id, what its share grows by, where an empty message
            follows ("" for no message), and the id of the newest request about the whole workflow
            that the record has followed ("*": whatever was asked); then about webhooks; then about
            the timeline
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
entries, told = tonumber(entries), tonumber(told)
local entering = keys + tonumber(leaves)              -- the keys before the sets to enter
local hashes = entering + tonumber(enters)            -- those before the workflows' keys
local about = args + 3 * tonumber(timed)              -- the arguments before those about workflows
local last_key, last = #KEYS - (entries > 0 and 1 or 0), #ARGV - entries  -- without the timeline
local stride, count = past == '' and 2 or 6, (last - told - about) / 4   -- keys of a workflow; workflows

local stored = document(task, most)
local stands = tolerant('HGET', facets, id)
local found = stored and redis.sha1hex(stored) or ''
if found ~= expected or (stands or '') ~= before then
  return {0, stored, stands}
end

local asked = {}
for i = 0, count - 1 do
  local workflow, known = KEYS[hashes + stride * i + 1], ARGV[about + 4 * i + 4]
  local act = known ~= '*' and tolerant('HGET', workflow, 'act')
  if act and act ~= known then
    asked[#asked + 1], asked[#asked + 2] = ARGV[about + 4 * i + 1], act
    asked[#asked + 1] = tolerant('HGET', workflow, 'control') or ''
  end
end
if #asked > 0 then
  return {0, stored, stands, asked}
end

if not redis.acl_check_cmd(publish, channel, '') then  -- before anything is written
  return redis.error_reply('NOPERM this user may not publish on ' .. channel)
end
if told > 0 and not may_note(KEYS[last_key]) then
  return redis.error_reply('NOPERM this user may not leave events for webhooks (XADD, XDEL, XLEN)')
end

call('SET', task, text, 'PX', ttl)
if due ~= '' then
  tolerant('ZADD', expiry, due, id)
end
if after ~= before then
  tolerant('HSET', facets, id, after)
end
for i = keys + 1, entering do
  tolerant('ZREM', KEYS[i], id)
end
local now, score = (hashes > entering or count > 0) and call('TIME'), nil
if hashes > entering then
  -- Every index sorts by the one creation time; Redis gives it, so that no host's clock does.
  score = fresh ~= '1' and tolerant('ZSCORE', tasks, id)
  score = score or now[1] .. string.format('%06d', now[2])
  for i = entering + 1, hashes do
    tolerant('ZADD', KEYS[i], score, id)
  end
end
if run ~= '' then
  ran(runs, run)
end
took(times, args + 1, about, fields)
if over ~= '' then
  tolerant('ZADD', ended, over, id)
end

local now_ms = count > 0 and now[1] .. string.sub(string.format('%06d', now[2]), 1, 3)
for i = 0, count - 1 do
  local key, arg = hashes + stride * i, about + 4 * i
  local workflow, planned, workflow_id = KEYS[key + 1], KEYS[key + 2], ARGV[arg + 1]
  if ARGV[arg + 2] ~= '0' then
    tolerant('HINCRBY', workflow, 'share', ARGV[arg + 2])
  end
  local begins = tolerant('HINCRBY', workflow, 'revision', 1) == 1
  if begins then
    tolerant('HSET', workflow, 'begun', now_ms)
    tolerant('PERSIST', workflow)
    tolerant('ZADD', workflows, now_ms, workflow_id)
  end
  if i == 0 and ARGV[arg + 4] ~= '*' and score and (begins or fresh == '1') then
    tolerant('ZADD', outermost, 'NX', score, workflow_id)
  end
  tolerant('HSET', workflow, 'changed', now_ms)
  if name ~= '' and i == count - 1 then
    tolerant('HSET', workflow, 'name', name)
  end
  if members ~= '' and i == count - 1 then
    tolerant('HSET', workflow, 'expected', members)
  end
  if started ~= '' then
    tolerant('HSETNX', workflow, 'started', started)
  end
  if completed ~= '' and tonumber(completed) > (tonumber(tolerant('HGET', workflow, 'ended') or 0) or 0) then
    tolerant('HSET', workflow, 'ended', completed)
  end
  if (tolerant('ZCARD', planned) or 0) > 0 then
    tolerant('ZADD', plans, now_ms, workflow_id)
  elseif stands ~= false then
    tolerant('ZREM', plans, workflow_id)
  end
  if ARGV[arg + 3] ~= '' and redis.acl_check_cmd('PUBLISH', ARGV[arg + 3], '') then
    call('PUBLISH', ARGV[arg + 3], '')
  end
  if past ~= '' then
    finished(workflow, KEYS[key + 3], KEYS[key + 4], KEYS[key + 5], KEYS[key + 6], past, workflow_id, now_ms)
  end
end
if told > 0 then
  noted(last_key, last, told)
end
if entries > 0 then
  remembered(KEYS[#KEYS], last + 1, #ARGV, ttl)
end
call(publish, channel, text)
return {1}
