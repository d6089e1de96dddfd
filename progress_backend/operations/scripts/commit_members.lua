--[[
Commit the first records of members of one workflow, which stand in the same indexes, and change the
workflow's figures once for all of them. What `commit.lua` does for each, less what a task that
was not there does not need.

KEYS
  facets    hash: task id -> where the task stands
  expiry    sorted set: task id by the time (ms) from which cleanup may delete it
  workflows sorted set: workflow ids by creation time (ms)
  plans     sorted set: workflow ids with planned members by the time (ms) of the last commit
  outermost sorted set: ids of outermost workflows by creation time (µs)
  …         `enters` sorted sets that hold the members by creation time (µs), then for each
            workflow its hash, and the sorted set of its planned members, then the members'
            documents (strings)
ARGV
  enters    number of sets to enter
  number    of workflows
  stands    the facets of each member
  publish   "PUBLISH", or "SPUBLISH" on a cluster
  most      bytes that a document may have
  share     what a workflow's share grows by with each member
  name      the last workflow's name, "" leaves it as it is
  expected  how many members the last workflow's caller expects, "" leaves it as it is
  …         for each workflow, the outermost one first: its id, and where an empty message follows ("" for no message); then
            for each member: its id, its document, ms until it expires by itself, ms since 1970
            from which cleanup may delete it, and the channel where the document is published
Returns
  for each member, in order, one of
  {1}                    committed
  {0, document, facets}  nothing changed; what is stored instead (false where nothing is; for a
                         value that is no document "\0" and what it is)
  {0, document, facets, {workflow id, act, request, …}}  nothing changed, since requests about the
                         whole workflow stand that the member has to follow
Publishes
  each committed document, on its channel
]]
local call = redis.call  -- looked up once
number, share = tonumber(number), tonumber(share)
local hashes = keys + tonumber(enters)  -- the keys before those of the workflows
local tasks = hashes + 2 * number       -- the keys before those of the members
local about, members = args, args + 2 * number
local count = #KEYS - tasks

for i = 0, count - 1 do  -- before anything is written
  local channel = ARGV[members + 5 * i + 5]
  if not redis.acl_check_cmd(publish, channel, '') then
    return redis.error_reply('NOPERM this user may not publish on ' .. channel)
  end
end

local asked = {}
for i = 0, number - 1 do
  local workflow = KEYS[hashes + 2 * i + 1]
  local act = tolerant('HGET', workflow, 'act')
  if act then
    asked[#asked + 1], asked[#asked + 2] = ARGV[about + 2 * i + 1], act
    asked[#asked + 1] = tolerant('HGET', workflow, 'control') or ''
  end
end

local replies, done = {}, 0
local now = call('TIME')
-- The time of a script stands still: each member counts as created a microsecond after the one before.
local created = tonumber(now[1]) * 1000000 + tonumber(now[2])
for i = 0, count - 1 do
  local at, task = members + 5 * i, KEYS[tasks + i + 1]
  local id, text = ARGV[at + 1], ARGV[at + 2]
  if #asked > 0 then
    replies[i + 1] = {0, document(task, most), tolerant('HGET', facets, id), asked}
  elseif tolerant('HSETNX', facets, id, stands) == 0 then
    replies[i + 1] = {0, document(task, most), tolerant('HGET', facets, id)}
  elseif not call('SET', task, text, 'PX', ARGV[at + 3], 'NX') then
    tolerant('HDEL', facets, id)
    replies[i + 1] = {0, document(task, most), false}
  else
    tolerant('ZADD', expiry, ARGV[at + 4], id)
    local score = string.format('%.0f', created + i)
    for k = keys + 1, hashes do
      tolerant('ZADD', KEYS[k], score, id)
    end
    call(publish, ARGV[at + 5], text)
    replies[i + 1], done = {1}, done + 1
  end
end
if done == 0 then
  return replies
end

tolerant('ZADD', outermost, 'NX', string.format('%.0f', created), ARGV[about + 1])
local now_ms = now[1] .. string.sub(string.format('%06d', now[2]), 1, 3)
for i = 0, number - 1 do
  local workflow, planned = KEYS[hashes + 2 * i + 1], KEYS[hashes + 2 * i + 2]
  local workflow_id, channel = ARGV[about + 2 * i + 1], ARGV[about + 2 * i + 2]
  if share > 0 then
    tolerant('HINCRBY', workflow, 'share', share * done)
  end
  if tolerant('HINCRBY', workflow, 'revision', done) == done then
    tolerant('HSET', workflow, 'begun', now_ms)
    tolerant('PERSIST', workflow)
    tolerant('ZADD', workflows, now_ms, workflow_id)
  end
  tolerant('HSET', workflow, 'changed', now_ms)
  if name ~= '' and i == number - 1 then
    tolerant('HSET', workflow, 'name', name)
  end
  if expected ~= '' and i == number - 1 then
    tolerant('HSET', workflow, 'expected', expected)
  end
  if (tolerant('ZCARD', planned) or 0) > 0 then
    tolerant('ZADD', plans, now_ms, workflow_id)
  end
  if channel ~= '' and redis.acl_check_cmd('PUBLISH', channel, '') then
    call('PUBLISH', channel, '')
  end
end
return replies
