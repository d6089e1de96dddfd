-- Count times: ARGV has of each, from `first` to `last`, the kind, the task type and the time in µs. A
-- type for which a hash of `most` fields has no room counts as "" with all such types.
local function took(times, first, last, most)
  for i = first, last, 3 do
    local kind, type_ = ARGV[i], ARGV[i + 1]
    local count = kind .. '|count|' .. type_
    local first_of_it = redis.pcall('HINCRBY', times, count, 1) == 1
    if first_of_it and redis.call('HLEN', times) > tonumber(most) then
      redis.call('HDEL', times, count)
      type_ = ''
      redis.pcall('HINCRBY', times, kind .. '|count|', 1)
    end
    redis.pcall('HINCRBY', times, kind .. '|sum|' .. type_, ARGV[i + 2])
  end
end
