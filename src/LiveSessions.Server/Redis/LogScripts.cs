namespace LiveSessions.Server.Redis;

/// <summary>
/// The Lua behind <see cref="RedisSessionLog"/>. A log is kept in pages (lists of <see cref="PageSize"/> entries), because a list in Garnet is walked from its
/// front and is written to disk as a whole; the length in the meta key is the log's truth. Entries past it (an append that was cut off half-way) were
/// never acknowledged and are never read; the next append takes them away.
/// </summary>
internal static class LogScripts
{
    public const int PageSize = 1_000;

    // Numbers of a reply's first field.
    public const int Done = 1, Behind = 2, Replaced = 3, Torn = 4;

    /// <summary>Entries from..from+max-1 below length; a page and the next hold them all because max is never above a page.</summary>
    private const string Gather = """
        local function gather(from, length, max)
          local size = 1000
          local last = math.min(from + max, length) - 1
          if last < from then return {} end
          local page = math.floor(from / size)
          local found = redis.call('LRANGE', KEYS[2], from - page * size, math.min(last - page * size, size - 1))
          if last >= (page + 1) * size then
            for _, entry in ipairs(redis.call('LRANGE', KEYS[3], 0, last - (page + 1) * size)) do
              found[#found + 1] = entry
            end
          end
          return found
        end

        """;

    /// <summary>KEYS meta; ARGV new epoch. Answers epoch and length, or false for an erased session.</summary>
    public const string Open = """
        local m = redis.call('HMGET', KEYS[1], 'epoch', 'length', 'erased')
        if m[3] then return false end
        if not m[1] then
          redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'length', '0')
          return {ARGV[1], 0}
        end
        return {m[1], tonumber(m[2])}
        """;

    /// <summary>
    /// KEYS meta, page, next page; ARGV epoch, length, channel, what to tell there (nothing when empty), hash up to here and with the entries (<see cref="LogHash.Written"/>; nothing when empty), entries... A log whose
    /// hash of this length is another is another log. What a list holds is looked at by pushing to it, so that a sound log costs three commands. Other nodes hear of it in the same moment, not a journey later; what they hear has been stored, as the answer has.
    /// </summary>
    public const string Append = Gather + """
        local m = redis.call('HMGET', KEYS[1], 'epoch', 'length', 'hash')
        local length = tonumber(m[2] or '0')
        local claimed = tonumber(ARGV[2])
        if m[1] ~= ARGV[1] or length < claimed then return {3, length, m[1]} end
        if length > claimed then return {2, length, gather(claimed, length, 1000)} end
        if ARGV[5] ~= '' and m[3] and m[3] ~= ARGV[5] and string.sub(m[3], 1, #ARGV[2] + 1) == ARGV[2] .. ':' then return {3, length, m[1]} end

        local function keep(key, count)
          if count == 0 then redis.call('DEL', key) else redis.call('LTRIM', key, 0, count - 1) end
        end
        -- Pushes entries first to last onto a list of which held count. How many there were, if they were fewer.
        local function push(key, held, first, last)
          for at = first, last, 64 do
            local upTo = math.min(at + 63, last)
            local before = redis.call('RPUSH', key, unpack(ARGV, at + 6, upTo + 6)) - (upTo - at + 1)
            if before < held then
              keep(key, before)
              return before
            end
            if before > held then
              keep(key, held)
              redis.call('RPUSH', key, unpack(ARGV, at + 6, upTo + 6))
            end
            held = held + upTo - at + 1
          end
        end

        local size = 1000
        local count = #ARGV - 6
        local inPage = length - math.floor(length / size) * size
        local here = math.min(count, size - inPage)
        local fewer = push(KEYS[2], inPage, 1, here)
        if fewer then return {4, fewer} end
        if here < count then push(KEYS[3], 0, here + 1, count) end
        if ARGV[6] == '' then
          redis.call('HSET', KEYS[1], 'length', string.format('%d', length + count))
        else
          redis.call('HSET', KEYS[1], 'length', string.format('%d', length + count), 'hash', ARGV[6])
        end
        if ARGV[4] == '' then return {1, length + count, 0} end
        local told = redis.pcall('PUBLISH', ARGV[3], ARGV[4])
        return {1, length + count, type(told) == 'number' and 1 or 0}
        """;

    /// <summary>KEYS meta, page, next page; ARGV from, max.</summary>
    public const string Read = Gather + """
        local m = redis.call('HMGET', KEYS[1], 'epoch', 'length', 'hash')
        if not m[1] then return {false, 0, {}, ''} end
        local length = tonumber(m[2])
        return {m[1], length, gather(tonumber(ARGV[1]), length, tonumber(ARGV[2])), m[3] or ''}
        """;

    /// <summary>KEYS meta, snapshot; ARGV epoch, length, new epoch. Answers 0 when the log has another epoch or length.</summary>
    public const string Rename = """
        local m = redis.call('HMGET', KEYS[1], 'epoch', 'length')
        if m[1] ~= ARGV[1] or m[2] ~= ARGV[2] then return 0 end
        redis.call('DEL', KEYS[2])
        redis.call('HSET', KEYS[1], 'epoch', ARGV[3])
        return 1
        """;

    /// <summary>KEYS meta, snapshot; ARGV epoch, position, bytes.</summary>
    public const string SaveSnapshot = """
        local m = redis.call('HMGET', KEYS[1], 'epoch', 'length')
        local position = tonumber(ARGV[2])
        if m[1] ~= ARGV[1] or tonumber(m[2]) < position then return 0 end
        local s = redis.call('HMGET', KEYS[2], 'epoch', 'position')
        if s[1] == ARGV[1] and tonumber(s[2]) > position then return 0 end
        redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'position', ARGV[2], 'bytes', ARGV[3])
        return 1
        """;

    /// <summary>KEYS meta, snapshot, presence; ARGV how long the mark stays (ms), and the length it must have, or -1. Answers how long the log was, or -1; the pages go afterwards.</summary>
    public const string Erase = """
        local m = redis.call('HMGET', KEYS[1], 'length', 'erased')
        local length = m[2] or m[1] or '0'
        if ARGV[2] ~= '-1' and ARGV[2] ~= length then return -1 end
        redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
        redis.call('HSET', KEYS[1], 'erased', length)
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return tonumber(length)
        """;
}
