--[[
Add up how long tasks of a type waited and ran. All types for which the hash has no room count together
as the type "".

KEYS
  times     hash: how long tasks of each type waited and ran
ARGV
  fields    fields of `times` above which a new type gets none of its own
  …         of each time: the kind, the task type, and µs
NEEDS
  'HINCRBY', times, '', 1
  'HLEN', times
  'HDEL', times, ''
]]
for i = args + 1, last, 3 do
  local kind, type_ = ARGV[i], ARGV[i + 1]
  local count = kind .. '|count|' .. type_
  local first_of_it = redis.pcall('HINCRBY', times, count, 1) == 1
  if first_of_it and call('HLEN', times) > tonumber(fields) then
    call('HDEL', times, count)
    type_ = ''
    redis.pcall('HINCRBY', times, kind .. '|count|', 1)
  end
  redis.pcall('HINCRBY', times, kind .. '|sum|' .. type_, ARGV[i + 2])
end
