/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/import/import_qemu.h"

#include <string.h>

#include "traces/import/import.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_name(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_'; }

/* ---- scanners ----------------------------------------------------------------------------------- */

bool scan_text(const char **p, const char *text)
{
    size_t n = strlen(text);

    if (strncmp(*p, text, n) != 0)
        return false;
    *p += n;
    return true;
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

static bool scan_base(const char **p, unsigned base, uint64_t *v)
{
    const char *s = *p;
    uint64_t n = 0;

    while (digit_value(*s) < (int)base) {
        unsigned d = (unsigned)digit_value(*s);
        if (n > (UINT64_MAX - d) / base)
            return false;
        n = n * base + d;
        s++;
    }
    if (s == *p)
        return false;
    *p = s;
    *v = n;
    return true;
}

bool scan_hex(const char **p, uint64_t *v)
{
    const char *s = *p;

    if (s[0] == '0' && s[1] == 'x')
        s += 2;
    if (!scan_base(&s, 16, v))
        return false;
    *p = s;
    return true;
}

bool scan_u64(const char **p, uint64_t *v)
{
    if ((*p)[0] == '0' && (*p)[1] == 'x')
        return scan_hex(p, v);
    return scan_base(p, 10, v);
}

bool scan_i64(const char **p, int64_t *v)
{
    const char *s = *p;
    bool minus = *s == '-';
    uint64_t u;

    s += minus;
    if (!scan_u64(&s, &u) || u > (uint64_t)INT64_MAX)
        return false;
    *v = minus ? -(int64_t)u : (int64_t)u;
    *p = s;
    return true;
}

bool scan_word(const char **p, const char **word, size_t *len)
{
    size_t n = strcspn(*p, " \t");

    if (n == 0)
        return false;
    *word = *p;
    *len = n;
    *p += n;
    return true;
}

bool scan_end(const char *p)
{
    return p[strspn(p, " \t")] == '\0';
}

bool scan_key(const char **p, const char *key, uint64_t *v)
{
    const char *s = *p;

    if (!scan_text(&s, key) || !scan_u64(&s, v))
        return false;
    *p = s;
    return true;
}

bool scan_ikey(const char **p, const char *key, int64_t *v)
{
    const char *s = *p;

    if (!scan_text(&s, key) || !scan_i64(&s, v))
        return false;
    *p = s;
    return true;
}

static bool scan_directive(const char **p, char what, union scan_arg *arg)
{
    switch (what) {
    case 'u':
        return scan_u64(p, &arg->u);
    case 'd':
        return scan_i64(p, &arg->d);
    case 's':
        return scan_word(p, &arg->s.text, &arg->s.len);
    default:
        return false;
    }
}

bool scan_form(const char *text, const char *form, union scan_arg arg[SCAN_ARGS])
{
    unsigned n = 0;

    for (; *form; form++) {
        if (*form != '%') {
            if (*form != *text++)
                return false;
        } else if (n == SCAN_ARGS || !scan_directive(&text, *++form, &arg[n++])) {
            return false;
        }
    }
    return scan_end(text);
}

/* ---- prefixes ----------------------------------------------------------------------------------- */

/* "11358@1795200343.581344:" */
static bool scan_thread_time(const char **p, uint64_t *t_ns)
{
    const char *s = *p, *frac;
    uint64_t thread, sec, us;

    if (!scan_base(&s, 10, &thread) || *s++ != '@' || !scan_base(&s, 10, &sec) || *s++ != '.')
        return false;
    frac = s;
    if (!scan_base(&s, 10, &us) || s - frac != 6 || *s++ != ':' || sec > UINT64_MAX / 2000000000u)
        return false;
    *t_ns = sec * 1000000000u + us * 1000u;
    *p = s;
    return true;
}

/* `n` digits exactly. */
static bool scan_fixed(const char **p, unsigned n, uint64_t *v)
{
    const char *s = *p;

    *v = 0;
    for (; n; n--, s++) {
        if (!is_digit(*s))
            return false;
        *v = *v * 10 + (uint64_t)(*s - '0');
    }
    *p = s;
    return true;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static uint64_t days_of(uint64_t y, uint64_t m, uint64_t d)
{
    y -= m <= 2;
    m = m <= 2 ? m + 9 : m - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + d - 1 - 719468;
}

/* "2026-01-02T03:04:05.678901Z" */
static bool scan_iso_time(const char **p, uint64_t *t_ns)
{
    const char *s = *p;
    uint64_t y, mo, d, h, mi, sec, ns = 0, scale = 1000000000u;

    if (!scan_fixed(&s, 4, &y) || *s++ != '-' || !scan_fixed(&s, 2, &mo) || *s++ != '-' ||
        !scan_fixed(&s, 2, &d) || *s++ != 'T' || !scan_fixed(&s, 2, &h) || *s++ != ':' ||
        !scan_fixed(&s, 2, &mi) || *s++ != ':' || !scan_fixed(&s, 2, &sec))
        return false;
    if (y < 1970 || y > 2400 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60)
        return false;
    if (*s == '.')
        for (s++; is_digit(*s); s++)
            if ((scale /= 10) != 0)
                ns += (uint64_t)(*s - '0') * scale;
    if (*s++ != 'Z')
        return false;
    *t_ns = ((days_of(y, mo, d) * 24 + h) * 60 + mi) * 60 * 1000000000u + sec * 1000000000u + ns;
    *p = s;
    return true;
}

/* An event's name and what ends it. */
static bool scan_event_name(const char **p, struct qemu_event *e)
{
    const char *s = *p;
    bool underscore = false;

    for (; is_name(*s); s++)
        underscore |= *s == '_';
    if (s == *p || !underscore || is_digit(**p) || (*s != ' ' && *s != '\0'))
        return false;
    e->name = *p;
    e->name_len = (size_t)(s - *p);
    e->rest = *s ? s + 1 : s;
    *p = s;
    return true;
}

/* After an ISO-8601 time: perhaps a guest's name, perhaps "program(thread):". */
static bool scan_named_prefix(const char *s, struct qemu_event *e)
{
    for (int words = 0; words < 3; words++) {
        const char *word;
        size_t len;
        while (*s == ' ')
            s++;
        if (scan_event_name(&s, e))
            return true;
        if (!scan_word(&s, &word, &len))
            return false;
    }
    return false;
}

bool qemu_event_split(const char *line, struct qemu_event *e)
{
    const char *s = line;

    e->has_time = true;
    if (scan_thread_time(&s, &e->t_ns))
        return scan_event_name(&s, e);
    if (scan_iso_time(&s, &e->t_ns))
        return scan_named_prefix(s, e);
    e->has_time = false;
    e->t_ns = 0;
    return scan_event_name(&s, e);
}

bool qemu_event_is(const struct qemu_event *e, const char *name)
{
    return strncmp(e->name, name, e->name_len) == 0 && name[e->name_len] == '\0';
}

void qemu_event_clock(struct import_source *src, const struct qemu_event *e)
{
    if (e->has_time) {
        src->t_ns = e->t_ns;
        return;
    }
    src->t_ns += 1000;
    import_flags(src->im, TRACE_F_ORDER_ONLY);
    import_count(src->im, IMPORT_LACKS, "time stamps: events whose time is made up from their order", 1);
}
