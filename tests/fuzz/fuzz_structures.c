/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest structures made of arbitrary words: stream tables, CDs, root and context entries, page tables,
 * commands, invalidation descriptors.  Whatever a guest writes, a translation ends, and in a state that
 * the manual knows.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/translate.h"
#include "arch/vtd/invdesc.h"
#include "arch/vtd/translate.h"
#include "base/sim.h"

enum { QUESTIONS_MAX = 400 };

struct input { const uint8_t *data; size_t n; };

/* A word of memory: the same address gives the same word, near addresses near parts of the input. */
static uint64_t word(const struct input *in, uint64_t pa)
{
    uint64_t w = 0;

    if (in->n < 8)
        return 0;
    memcpy(&w, in->data + bits_mix(pa >> 3) % (in->n - 7), 8);
    return w;
}

static uint64_t take(struct input *in)
{
    uint64_t w = 0;
    size_t n = in->n < 8 ? in->n : 8;

    memcpy(&w, in->data, n);
    in->data += n;
    in->n -= n;
    return w;
}

static struct xl_req request(struct input *in)
{
    uint64_t a = take(in), b = take(in);

    return (struct xl_req){ .addr = a, .sid = (uint32_t)b & 0xffff, .ssid = (uint32_t)(b >> 16) & 0xfffff,
                            .has_ssid = b >> 36 & 1, .write = b >> 37 & 1, .priv = b >> 38 & 1,
                            .exec = b >> 39 & 1, .no_dir = b >> 40 & 1 };
}

static void smmuv3(struct input *in)
{
    struct smmuv3_regs r = { .idr0 = take(in), .idr1 = take(in), .idr3 = take(in), .idr5 = take(in),
                             .cr0 = take(in) | 1, .cr2 = take(in), .strtab_base = take(in),
                             .strtab_base_cfg = take(in) };
    struct smmuv3_impl impl = { .root_ipa_in_config = r.cr0 & 2, .table_ipa_base = r.cr0 & 4 };
    struct xl_req req = request(in);
    static struct smmuv3_xl m;
    struct smmuv3_cmd c;
    uint64_t w[STE_WORDS], event[EVENT_WORDS];
    unsigned n = 0;

    smmuv3_cmd_decode(&r, (const uint64_t[]){ word(in, 0), word(in, 8) }, &c);
    smmuv3_xl_begin(&m, &r, &impl, &req);
    while (smmuv3_xl_ask(&m)) {
        SIM_CHECK(++n < QUESTIONS_MAX, "no end");
        if (!m.q.words) {
            smmuv3_xl_tell_none(&m);
            continue;
        }
        for (unsigned i = 0; i < m.q.words; i++)
            w[i] = word(in, m.q.pa + 8 * i);
        smmuv3_xl_tell(&m, m.q.pa >> 40 == 0xee ? NULL : w);
    }
    SIM_CHECK(m.res.outcome != XL_NONE, "no outcome");
    SIM_CHECK(m.res.outcome != XL_OK || m.res.pa >> 52 == 0, "pa above 52 bits");
    if (m.res.recorded)
        smmuv3_event_encode(&req, &m.res, event);
}

static void vtd(struct input *in)
{
    struct vtd_regs r = { .cap = take(in), .ecap = take(in), .rtaddr = take(in), .tes = true };
    static struct vtd_xl m;
    struct vtd_impl impl = { .tlb_first = in->n & 1 };
    struct vtd_inv inv;
    struct xl_req req;
    uint64_t w[8];
    unsigned n = 0;

    r.haw = (uint8_t)(32 + take(in) % 21);
    req = request(in);
    for (unsigned i = 0; i < 4; i++)
        w[i] = word(in, 8 * i);
    vtd_inv_decode(w, in->n & 2 ? 4 : 2, r.cap, &inv);
    vtd_xl_begin(&m, &r, &impl, &req);
    while (vtd_xl_ask(&m)) {
        SIM_CHECK(++n < QUESTIONS_MAX, "no end");
        if (!m.q.words) {
            vtd_xl_tell_none(&m);
            continue;
        }
        for (unsigned i = 0; i < m.q.words; i++)
            w[i] = word(in, m.q.pa + 8 * i);
        vtd_xl_tell(&m, m.q.pa >> 40 == 0xee ? NULL : w);
    }
    SIM_CHECK(m.res.outcome != XL_NONE, "no outcome");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct input in = { data, n };

    if (n < 16)
        return 0;
    if (take(&in) & 1)
        smmuv3(&in);
    else
        vtd(&in);
    return 0;
}
