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
local since, last = now - span, redis.call('ZSCORE', asked, task)
if last and last + again > now then
  return {last + again - now, 1}
end
local all, own, parts, known = {}, {}, 2, {[caller] = true}
local found = redis.call('ZRANGEBYSCORE', callers, '(' .. since, '+inf', 'WITHSCORES')
for i = 1, #found, 2 do
  local name = found[i]:match('^(.-)\n')
  if (name == '') == (caller == '') then
    all[#all + 1] = found[i + 1]
    own[#own + 1] = name == caller and found[i + 1] or nil
    parts, known[name] = parts + (known[name] and 0 or 1), true
  end
end
local share = caller == '' and most or math.max(1, math.floor(most / parts))
local above = #own >= share and own or #all >= most and all
if above then
  return {above[1] - since, 0}
end
for key, member in pairs({[asked] = task, [callers] = caller .. '\n' .. now .. task}) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', since)
  redis.call('ZADD', key, now, member)
  redis.call('PEXPIRE', key, span)
end
return {0}
