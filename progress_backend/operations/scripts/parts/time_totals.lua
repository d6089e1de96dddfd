--[[
Count how long tasks of a type waited and ran. A type for which the hash has no room counts as "" with
all such types.

KEYS
  times     hash: how long tasks of each type waited and ran
ARGV
  fields    fields of `times` from which on new types have none of their own
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
