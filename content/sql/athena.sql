-- Functions of Athena (Trino) as macros over DuckDB's, one statement each. A macro hides the built-in of its name, in all its forms: the
-- built-in is called as system.main.NAME, and a macro lists every number of arguments that it still has to serve.

-- Values as text. JSON strings lose their quotes, as in Trino.
CREATE MACRO athena_varchar(x) AS CASE system.main.typeof(x) WHEN 'JSON' THEN athena_json_text(CAST(x AS VARCHAR)) ELSE CAST(x AS VARCHAR) END;
CREATE MACRO athena_try_varchar(x) AS CASE system.main.typeof(x) WHEN 'JSON' THEN athena_try_json_text(CAST(x AS VARCHAR)) ELSE TRY_CAST(x AS VARCHAR) END;
CREATE MACRO athena_if(c, a) AS CASE WHEN c THEN a END, (c, a, b) AS CASE WHEN c THEN a ELSE b END;
CREATE MACRO typeof(x) AS lower(system.main.typeof(x));

-- JSON.
CREATE MACRO json_extract(j, p) AS athena_json_extract(CAST(j AS VARCHAR), p);
CREATE MACRO json_array_length(j) AS athena_json_array_length(CAST(j AS VARCHAR));
CREATE MACRO json_parse(s) AS CAST(s AS JSON);
CREATE MACRO json_format(j) AS CAST(j AS VARCHAR);
CREATE MACRO athena_json_path(p) AS system.main.regexp_replace(p, '^\s*(lax|strict)\s+', '', 'i');
CREATE MACRO json_value(j, p) AS json_extract_scalar(CAST(j AS VARCHAR), athena_json_path(p));
CREATE MACRO json_query(j, p) AS CAST(athena_json_extract(CAST(j AS VARCHAR), athena_json_path(p)) AS VARCHAR);
CREATE MACRO json_exists(j, p) AS athena_json_extract(CAST(j AS VARCHAR), athena_json_path(p)) IS NOT NULL;

-- Dates. Everything is UTC.
CREATE MACRO from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ);
CREATE MACRO from_iso8601_timestamp_nanos(s) AS CAST(s AS TIMESTAMPTZ);
CREATE MACRO from_iso8601_date(s) AS CAST(s AS DATE);
CREATE MACRO date_format(t, f) AS athena_date_format(CAST(t AS TIMESTAMP), f);
CREATE MACRO format_datetime(t, f) AS athena_format_datetime(CAST(t AS TIMESTAMP), f);
CREATE MACRO from_unixtime(n) AS to_timestamp(n);
CREATE MACRO to_unixtime(t) AS CAST(epoch(t) AS DOUBLE);
CREATE MACRO date_add(a, b) AS a + b, (u, n, t) AS athena_date_add(u, CAST(n AS BIGINT), t);
CREATE MACRO date_diff(u, a, b) AS date_sub(u, CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP));
CREATE MACRO at_timezone(t, z) AS CAST(t AS TIMESTAMPTZ) AT TIME ZONE z;
CREATE MACRO with_timezone(t, z) AS CAST(t AS TIMESTAMP) AT TIME ZONE z;
CREATE MACRO day_of_week(d) AS isodow(d);
CREATE MACRO dow(d) AS isodow(d);
CREATE MACRO day_of_month(d) AS day(d);
CREATE MACRO day_of_year(d) AS dayofyear(d);
CREATE MACRO doy(d) AS dayofyear(d);
CREATE MACRO week_of_year(d) AS weekofyear(d);
CREATE MACRO year_of_week(d) AS isoyear(d);
CREATE MACRO yow(d) AS isoyear(d);
CREATE MACRO last_day_of_month(d) AS last_day(d);
CREATE MACRO current_timezone() AS 'UTC';
CREATE MACRO to_milliseconds(i) AS CAST(epoch(i) * 1000 AS BIGINT);
CREATE MACRO from_unixtime_nanos(n) AS to_timestamp(n / 1000000000.0);

-- Texts. NULL in an argument makes concat, greatest and least NULL.
CREATE MACRO concat(a, b) AS a || b, (a, b, c) AS a || b || c, (a, b, c, d) AS a || b || c || d, (a, b, c, d, e) AS a || b || c || d || e, (a, b, c, d, e, f) AS a || b || c || d || e || f, (a, b, c, d, e, f, g) AS a || b || c || d || e || f || g, (a, b, c, d, e, f, g, h) AS a || b || c || d || e || f || g || h, (a, b, c, d, e, f, g, h, i) AS a || b || c || d || e || f || g || h || i, (a, b, c, d, e, f, g, h, i, j) AS a || b || c || d || e || f || g || h || i || j;
CREATE MACRO greatest(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN system.main.greatest(a, b) END, (a, b, c) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL THEN system.main.greatest(a, b, c) END, (a, b, c, d) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL AND d IS NOT NULL THEN system.main.greatest(a, b, c, d) END;
CREATE MACRO least(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN system.main.least(a, b) END, (a, b, c) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL THEN system.main.least(a, b, c) END, (a, b, c, d) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL AND d IS NOT NULL THEN system.main.least(a, b, c, d) END;
CREATE MACRO split(s, d) AS string_split(s, d), (s, d, n) AS CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d) ELSE list_append(string_split(s, d)[1:n - 1], array_to_string(string_split(s, d)[n:], d)) END;
CREATE MACRO split_part(s, d, n) AS CASE WHEN n <= len(string_split(s, d)) THEN system.main.split_part(s, d, n) END;
CREATE MACRO split_to_map(s, e, k) AS map_from_entries(list_transform(string_split(s, e), lambda x: {'k': system.main.split_part(x, k, 1), 'v': system.main.split_part(x, k, 2)}));
CREATE MACRO replace(s, a) AS system.main.replace(s, a, ''), (s, a, b) AS system.main.replace(s, a, b);
CREATE MACRO substr(s, i) AS CASE WHEN i = 0 THEN '' ELSE system.main.substr(s, i) END, (s, i, n) AS CASE WHEN i = 0 THEN '' ELSE system.main.substr(s, i, n) END;
CREATE MACRO strpos(s, t) AS system.main.strpos(s, t), (s, t, n) AS CASE WHEN s IS NULL OR t IS NULL OR n IS NULL THEN NULL WHEN (CASE WHEN n > 0 THEN n ELSE len(string_split(s, t)) + n END) BETWEEN 1 AND len(string_split(s, t)) - 1 THEN length(array_to_string(string_split(s, t)[1:(CASE WHEN n > 0 THEN n ELSE len(string_split(s, t)) + n END)], t)) + 1 ELSE 0 END;
CREATE MACRO normalize(s) AS nfc_normalize(s);
CREATE MACRO codepoint(c) AS unicode(c);
CREATE MACRO levenshtein_distance(a, b) AS levenshtein(a, b);
CREATE MACRO hamming_distance(a, b) AS hamming(a, b);
CREATE MACRO repeat(x, n) AS list_transform(range(n), lambda i: x);

-- Regular expressions. `$1` refers to a group; all matches are replaced; no match is NULL, not an empty text.
CREATE MACRO regexp_like(s, p) AS regexp_matches(s, p);
CREATE MACRO regexp_extract(s, p) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p) END, (s, p, g) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p, g) END;
CREATE MACRO regexp_replace(s, p) AS system.main.regexp_replace(s, p, '', 'g'), (s, p, r) AS system.main.regexp_replace(s, p, system.main.regexp_replace(r, '\$(\d)', '\\\1', 'g'), 'g');
CREATE MACRO regexp_split(s, p) AS regexp_split_to_array(s, p);
CREATE MACRO regexp_count(s, p) AS len(regexp_extract_all(s, p));
CREATE MACRO regexp_position(s, p) AS CASE WHEN regexp_matches(s, p) THEN length(system.main.regexp_extract(s, '(?s)^(.*?)(?:' || p || ')', 1)) + 1 ELSE CASE WHEN s IS NOT NULL AND p IS NOT NULL THEN -1 END END;

-- Lists and maps.
CREATE MACRO element_at(x, k) AS x[k];
CREATE MACRO array_join(l, d) AS array_to_string(list_transform(l, lambda x: CAST(x AS VARCHAR)), d), (l, d, n) AS array_to_string(list_transform(l, lambda x: coalesce(CAST(x AS VARCHAR), n)), d);
CREATE MACRO array_max(l) AS CASE WHEN NOT list_contains(list_transform(l, lambda x: x IS NULL), true) THEN list_max(l) END;
CREATE MACRO array_min(l) AS CASE WHEN NOT list_contains(list_transform(l, lambda x: x IS NULL), true) THEN list_min(l) END;
CREATE MACRO array_position(l, x) AS CASE WHEN l IS NOT NULL AND x IS NOT NULL THEN coalesce(list_position(l, x), 0) END;
CREATE MACRO array_remove(l, x) AS list_filter(l, lambda e: e IS DISTINCT FROM x);
CREATE MACRO arrays_overlap(a, b) AS list_has_any(a, b);
CREATE MACRO array_union(a, b) AS list_distinct(list_concat(a, b));
CREATE MACRO array_except(a, b) AS list_filter(list_distinct(a), lambda x: NOT list_contains(b, x));
CREATE MACRO sequence(a, b) AS generate_series(a, b), (a, b, s) AS generate_series(a, b, s);
CREATE MACRO slice(l, s, n) AS CASE WHEN s > 0 THEN list_slice(l, s, s + n - 1) ELSE list_slice(l, len(l) + s + 1, len(l) + s + n) END;
CREATE MACRO map_agg(k, v) AS map(list(k), list(v));

CREATE MACRO zip(a, b) AS list_zip(a, b), (a, b, c) AS list_zip(a, b, c);
CREATE MACRO array_first(l) AS l[1];
CREATE MACRO array_last(l) AS l[-1];
CREATE MACRO remove_nulls(l) AS list_filter(l, lambda x: x IS NOT NULL);
CREATE MACRO trim_array(l, n) AS list_slice(l, 1, len(l) - n);
CREATE MACRO array_average(l) AS list_avg(l);

-- Numbers.
CREATE MACRO bitwise_and(a, b) AS a & b;
CREATE MACRO bitwise_or(a, b) AS a | b;
CREATE MACRO bitwise_xor(a, b) AS xor(a, b);
CREATE MACRO bitwise_not(a) AS ~a;
CREATE MACRO bitwise_left_shift(a, n) AS a << n;
CREATE MACRO bitwise_right_shift(a, n) AS a >> n;
CREATE MACRO bit_count(x, bits) AS system.main.bit_count(x);
CREATE MACRO truncate(x) AS trunc(x), (x, n) AS trunc(x * 10 ** n) / 10 ** n;
CREATE MACRO is_nan(x) AS isnan(x);
CREATE MACRO infinity() AS CAST('Infinity' AS DOUBLE);
CREATE MACRO nan() AS CAST('NaN' AS DOUBLE);
CREATE MACRO e() AS exp(1);
CREATE MACRO random() AS system.main.random(), (n) AS CAST(floor(system.main.random() * n) AS BIGINT), (m, n) AS m + CAST(floor(system.main.random() * (n - m)) AS BIGINT);
CREATE MACRO rand() AS system.main.random();
CREATE MACRO width_bucket(x, a, b, n) AS CASE WHEN x IS NULL THEN NULL WHEN a < b AND x < a OR a > b AND x > a THEN 0 WHEN a < b AND x >= b OR a > b AND x <= b THEN n + 1 ELSE CAST(floor((x - a) / (b - a) * n) AS BIGINT) + 1 END;
CREATE MACRO is_subnet_of(n, a) AS cidr_contains(n, a);

-- Aggregates.
CREATE MACRO approx_distinct(x) AS approx_count_distinct(x), (x, e) AS approx_count_distinct(x);
CREATE MACRO approx_percentile(x, p) AS approx_quantile(x, p);
CREATE MACRO arbitrary(x) AS any_value(x);
CREATE MACRO every(x) AS bool_and(x);
CREATE MACRO set_agg(x) AS list(DISTINCT x);

-- Bytes.
CREATE MACRO to_utf8(s) AS encode(s);
CREATE MACRO from_utf8(b) AS decode(b);
CREATE MACRO md5(b) AS unhex(system.main.md5(b));
CREATE MACRO sha1(b) AS unhex(system.main.sha1(b));
CREATE MACRO sha256(b) AS unhex(system.main.sha256(b));
