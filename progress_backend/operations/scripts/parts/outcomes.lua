--[[
Add to the figures of a task type. All types for which the hash has no room count together as `other`.

KEYS
  outcomes   hash: kind, label and type -> sum; "types" -> number of types; "type||" and type -> 1
  successes  sorted set: whether a schedule started the task, and its type, by the time of the last
             success (ms)
ARGV
  type_      the task type
  most       types above which a new one gets no figures of its own
  success    ms since 1970 of a success, "" otherwise
  scheduled  "1": a schedule started the task
  …          of each sum: its name without the type, and what is added; 1 to the first
NEEDS
  'HINCRBY', outcomes, '', 1
  'HMGET', outcomes, ''
  'HDEL', outcomes, ''
]]
local first, own = ARGV[args + 1], 'type||' .. type_
if redis.pcall('HINCRBY', outcomes, first .. type_, 1) == 1 then  -- the type may be new
  local known = call('HMGET', outcomes, own, 'types')
  if not known[1] and (tonumber(known[2]) or 0) < tonumber(most) then
    redis.pcall('HINCRBY', outcomes, own, 1)
    redis.pcall('HINCRBY', outcomes, 'types', 1)
  elseif not known[1] then
    call('HDEL', outcomes, first .. type_)
    type_ = 'other'
    redis.pcall('HINCRBY', outcomes, first .. type_, 1)
  end
end
for i = args + 3, last, 2 do
  redis.pcall('HINCRBY', outcomes, ARGV[i] .. type_, ARGV[i + 1])
end
if success ~= '' then
  redis.pcall('ZADD', successes, 'GT', success, scheduled .. '|' .. type_)
end
