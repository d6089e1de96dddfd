--[[
Change the figures of the members' workflows by the records that were committed.

KEYS
  workflows sorted set: workflow ids by creation time (ms)
  plans     sorted set: workflow ids with planned members by the time (ms) of the last commit
  outermost sorted set: ids of outermost workflows by creation time (µs)
  …         for each workflow its hash, and the sorted set of its planned members
ARGV
  number    of workflows at the start, outermost first, that the members are in; they leave the others
  started   ms since 1970 at which the member first began, "" before
  completed and at which it ended, "" before
  name      the innermost workflow's name, "" leaves it as it is
  expected  how many members its caller expects it to have, "" leaves it as it is
  …         for each workflow: its id, how much each member adds to its share, and the channel of an
            empty message
NEEDS
  'HINCRBY', workflows, '', 1
  'HSETNX', workflows, '', ''
  'PERSIST', workflows
  'ZCARD', workflows
]]
number = tonumber(number)
local now_ms = math.floor(now_us() / 1000)
for i = 1, (last_key - keys) / 2 do
  local workflow, planned, arg = KEYS[keys + 2 * i - 1], KEYS[keys + 2 * i], args + 3 * i
  local workflow_id, share, channel = ARGV[arg - 2], ARGV[arg - 1], ARGV[arg]
  if share ~= '0' then
    tolerant('HINCRBY', workflow, 'share', share * #done)
  end
  local begins = tolerant('HINCRBY', workflow, 'revision', #done) == #done
  if begins then
    tolerant('HSET', workflow, 'begun', now_ms)
    tolerant('PERSIST', workflow)
    tolerant('ZADD', workflows, now_ms, workflow_id)
  end
  if i == 1 and number > 0 and score and (begins or fresh == '1') then
    tolerant('ZADD', outermost, 'NX', score, workflow_id)
  end
  tolerant('HSET', workflow, 'changed', now_ms)
  if name ~= '' and i == number then
    tolerant('HSET', workflow, 'name', name)
  end
  if expected ~= '' and i == number then
    tolerant('HSET', workflow, 'expected', expected)
  end
  if started ~= '' then
    tolerant('HSETNX', workflow, 'started', started)
  end
  if completed ~= '' and tonumber(completed) > (tonumber(tolerant('HGET', workflow, 'ended') or 0) or 0) then
    tolerant('HSET', workflow, 'ended', completed)
  end
  if (tolerant('ZCARD', planned) or 0) > 0 then
    tolerant('ZADD', plans, now_ms, workflow_id)
  elseif before ~= '' then
    tolerant('ZREM', plans, workflow_id)
  end
  if may('PUBLISH', channel, '') then
    call('PUBLISH', channel, '')
  end
end
