/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened last, for reports; results and records in words.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sim.h"
#include "rtl-cosim/judge/scoreboard_impl.h"

enum { WALK_VERSIONS = 4 };           /* of a word: the youngest so many are told */

void board_describe_result(const struct xl_result *r, char *text, size_t n)
{
    static const char *const outcome[] = {
        [XL_NONE] = "none", [XL_OK] = "ok", [XL_BYPASS] = "bypass", [XL_ABORT] = "abort", [XL_FAULT] = "fault",
        [XL_RAZWI] = "fault (RAZ/WI)", [XL_STALL] = "stall", [XL_ATS_OK] = "ats", [XL_ATS_UR] = "ats UR",
        [XL_ATS_CA] = "ats CA", [XL_INTERRUPT] = "interrupt",
    };
    static const char *const cls[] = { "CD", "TT", "IN", "?" };
    const struct smmuv3_event_row *row = smmuv3_event_find(r->code);

    if (r->outcome == XL_OK || r->outcome == XL_BYPASS)
        snprintf(text, n, "%s 0x%" PRIx64, outcome[r->outcome], r->pa);
    else if (!row)
        snprintf(text, n, "%s", outcome[r->outcome]);
    else if (r->stage2)
        snprintf(text, n, "%s %s, stage 2 of %s, ipa 0x%" PRIx64 "%s", outcome[r->outcome], row->name, cls[r->cls & 3],
                 r->ipa, r->recorded ? "" : ", not recorded");
    else
        snprintf(text, n, "%s %s%s", outcome[r->outcome], row->name, r->recorded ? "" : ", not recorded");
}

void board_describe_event(const uint64_t words[EVENT_WORDS], char *text, size_t n)
{
    const struct smmuv3_event_row *row = smmuv3_event_find((unsigned)FIELD_GET(EVENT, TYPE, words));

    snprintf(text, n, "%s: %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64, row ? row->name : "unknown",
             words[0], words[1], words[2], words[3]);
}

void board_log(struct scoreboard *s, enum board_what what, uint64_t request, const uint32_t *sid, uint64_t a,
               uint64_t b, const struct cosim_rsp *rsp)
{
    struct board_log *l = &s->log[s->logged++ % BOARD_LOG];

    l->cycle = s->cycle;
    l->request = request;
    l->what = (uint8_t)what;
    l->of_stream = sid != NULL;
    l->sid = sid ? *sid : 0;
    l->a = a;
    l->b = b;
    if (rsp)
        l->rsp = *rsp;
}

static const char *command_name(uint64_t word)
{
    const struct smmuv3_cmd_row *row = smmuv3_cmd_find((unsigned)FIELD_GET(CMD, OP, &word));

    return row ? row->name : "?";
}

static void describe(const struct board_log *l, char *text, size_t n)
{
    static const char *const outcome[] = { "none", "ok", "bypass", "abort", "fault", "RAZ/WI" };
    int used = snprintf(text, n, "%8" PRIu64 "  ", l->cycle);

    text += used;
    n -= (size_t)used;
    switch ((enum board_what)l->what) {
    case LOG_REQUEST:
        snprintf(text, n, "request %" PRIu64 ": %s%s%s of 0x%" PRIx64 " by stream %" PRIu32, l->request,
                 l->b & 4 ? "privileged " : "", l->b & 2 ? "fetching " : "", l->b & 1 ? "write" : "read", l->a, l->sid);
        break;
    case LOG_RESPONSE:
        snprintf(text, n, "answer to %" PRIu64 ": %s 0x%" PRIx64 " code %02x, config %s, tlb %s, %u + %u + %u reads",
                 l->request, outcome[l->rsp.outcome % ARRAY_LEN(outcome)], l->rsp.addr, l->rsp.code,
                 l->rsp.trail.cfg_hit ? "hit" : "miss", l->rsp.trail.tlb_hit ? "hit" : "miss", l->rsp.trail.cfg_reads,
                 l->rsp.trail.s1_reads, l->rsp.trail.s2_reads);
        break;
    case LOG_COMMAND:
        snprintf(text, n, "command %" PRIu64 " given: %s %016" PRIx64 " %016" PRIx64, l->request, command_name(l->a),
                 l->a, l->b);
        break;
    case LOG_INVALIDATED:
        snprintf(text, n, "SYNC has completed: commands before %" PRIu64 " are done", l->request);
        break;
    case LOG_REGISTER:
        snprintf(text, n, "register 0x%" PRIx64 " written: 0x%" PRIx64, l->a, l->b);
        break;
    case LOG_EVENT:
        snprintf(text, n, "event record of stream %" PRIu32 ": %02x, input 0x%" PRIx64, l->sid, (unsigned)(l->a & 0xff), l->b);
        break;
    case LOG_RESET:
        snprintf(text, n, "reset");
        break;
    }
}

void scoreboard_history(const struct scoreboard *s, uint32_t sid, void (*line)(void *arg, const char *text), void *arg)
{
    uint64_t oldest = s->logged > BOARD_LOG ? s->logged - BOARD_LOG : 0, at = s->logged;
    char text[256];

    for (unsigned n = 0; at > oldest && n < SCOREBOARD_HISTORY; at--) {
        const struct board_log *l = &s->log[(at - 1) % BOARD_LOG];

        n += !l->of_stream || l->sid == sid;
    }
    for (; at < s->logged; at++) {
        const struct board_log *l = &s->log[at % BOARD_LOG];

        if (l->of_stream && l->sid != sid)
            continue;
        describe(l, text, sizeof text);
        line(arg, text);
    }
}

void scoreboard_describe(const struct scoreboard *s, void (*line)(void *arg, const char *text), void *arg)
{
    char text[160];

    for (const struct board_pending *p = board_at(s, s->oldest); p; p = board_at(s, p->younger)) {
        snprintf(text, sizeof text, "request %" PRIu64 " (id %" PRIu32 ") since cycle %" PRIu64 ": %s%s of 0x%" PRIx64
                 " by stream %" PRIu32, p->request, p->id, p->issued, p->req.priv ? "privileged " : "",
                 p->req.exec ? "fetch" : p->req.write ? "write" : "read", p->req.addr, p->req.sid);
        line(arg, text);
    }
}

bool scoreboard_find(const struct scoreboard *s, uint64_t request, struct xl_req *req)
{
    uint64_t oldest = s->logged > BOARD_LOG ? s->logged - BOARD_LOG : 0;

    for (uint64_t at = s->logged; at > oldest; at--) {
        const struct board_log *l = &s->log[(at - 1) % BOARD_LOG];

        if (l->what != LOG_REQUEST || l->request != request)
            continue;
        *req = (struct xl_req){ .addr = l->a, .sid = l->sid, .ssid = (uint32_t)(l->b >> 32), .write = l->b & 1,
                                .exec = l->b & 2, .priv = l->b & 4, .has_ssid = l->b & 8 };
        return true;
    }
    return false;
}

struct walk { const struct scoreboard *s; void (*line)(void *arg, const char *text); void *arg; };

/* STEs and CDs: the words that are not zero. */
static void tell_words(const struct oracle_question *q, const uint64_t *words, const struct walk *w)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%-6s 0x%" PRIx64, q->name, q->pa);

    if (!words)
        snprintf(text + n, sizeof text - (size_t)n, "  cannot be read");
    for (unsigned i = 0; words && i < q->words && n < (int)sizeof text - 28; i++)
        if (words[i] || q->words == 1)
            n += snprintf(text + n, sizeof text - (size_t)n, "  [%u] %016" PRIx64, i, words[i]);
    w->line(w->arg, text);
}

static void tell_step(void *arg, const struct oracle_question *q, const uint64_t *words)
{
    const struct walk *w = arg;
    char text[160];

    tell_words(q, words, w);
    for (unsigned i = 0; i < q->words; i++) {
        unsigned n;
        const struct mem_version *v = mem_history(w->s->mem, q->pa + 8ull * i, &n);

        n -= n && !v[n - 1].value;     /* before it was written first */
        for (unsigned k = 0; k < n && k < WALK_VERSIONS; k++) {
            snprintf(text, sizeof text, "       [%u] until cycle %" PRIu64 "  %016" PRIx64, i, v[k].stamp, v[k].value);
            w->line(w->arg, text);
        }
    }
}

void scoreboard_walk(const struct scoreboard *s, const struct xl_req *req, void (*line)(void *arg, const char *text),
                     void *arg)
{
    struct walk w = { s, line, arg };
    struct xl_result res;
    char text[160];
    int n = snprintf(text, sizeof text, "%-6s ", "then");

    oracle_walk(s->oracle, req, tell_step, &w, &res);
    board_describe_result(&res, text + n, sizeof text - (size_t)n);
    line(arg, text);
}
