--[[
Note a request for a task's stack, unless the task or the caller is above its limit. Callers that may
see a part of the tasks alone divide their limit: each may use as much as if one more of them came.

KEYS
  asked     sorted set: the tasks of the last minute's requests, by time (ms)
  callers   sorted set: the caller and task of each of these requests, by time (ms)
ARGV
  task      the task's id
  caller    the caller's name; '' for all callers that may see all tasks
  now       ms
  again     ms between two requests for one task
  span      ms for which requests are counted
  most      requests of these callers, and of the others together, within `span`
Returns
  {0}, or {ms until the request is accepted, 1 if its task is above its limit, else 0}
Publishes
  nothing
]]
now, most = tonumber(now), tonumber(most)
local over = now - span
redis.call('ZREMRANGEBYSCORE', asked, '-inf', over)
redis.call('ZREMRANGEBYSCORE', callers, '-inf', over)
local last = redis.call('ZSCORE', asked, task)
if last and last + again > now then
  return {last + again - now, 1}
end
local names, count, own, first, own_first = {[caller] = true}, 0, 0, now, now
local found, share = redis.call('ZRANGE', callers, 0, -1, 'WITHSCORES'), 1
for i = 1, #found, 2 do
  local name = found[i]:match('^(.-)\n')
  if (name == '') == (caller == '') then
    names[name], count, first = true, count + 1, math.min(first, found[i + 1])
    if name == caller then
      own, own_first = own + 1, math.min(own_first, found[i + 1])
    end
  end
end
for _ in pairs(names) do
  share = share + 1
end
share = caller == '' and most or math.max(1, math.floor(most / share))
if own >= share or count >= most then
  return {math.max(1, (own >= share and own_first or first) - over), 0}
end
redis.call('ZADD', asked, now, task)
redis.call('ZADD', callers, now, caller .. '\n' .. now .. task)
for _, key in ipairs({asked, callers}) do
  redis.call('PEXPIRE', key, span)
end
return {0}
