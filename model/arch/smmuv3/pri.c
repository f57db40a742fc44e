/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/pri.h"

#include "base/sim.h"

FIELD_TABLE(pri_fields, "PRI", "[SMMUv3 8.1]", PRI_WORDS, PRI_FIELDS);

/* Without a SubstreamID X and Priv are zero. */
void smmuv3_pri_encode(const struct page_request *r, uint64_t w[PRI_WORDS])
{
    w[0] = w[1] = 0;
    FIELD_SET(PRI, SID, w, r->rid);
    FIELD_SET(PRI, R, w, r->read);
    FIELD_SET(PRI, W, w, r->write);
    FIELD_SET(PRI, LAST, w, r->last);
    FIELD_SET(PRI, PRGINDEX, w, r->group);
    FIELD_SET_ADDR(PRI, ADDR, w, r->addr);
    if (!r->has_pasid)
        return;
    FIELD_SET(PRI, SSV, w, 1);
    FIELD_SET(PRI, SSID, w, r->pasid);
    FIELD_SET(PRI, X, w, r->exec);
    FIELD_SET(PRI, PRIV, w, r->priv);
}

void smmuv3_pri_decode(const uint64_t w[PRI_WORDS], struct page_request *r)
{
    *r = (struct page_request){
        .rid = (uint32_t)FIELD_GET(PRI, SID, w),
        .has_pasid = FIELD_GET(PRI, SSV, w),
        .read = FIELD_GET(PRI, R, w), .write = FIELD_GET(PRI, W, w), .last = FIELD_GET(PRI, LAST, w),
        .group = (uint16_t)FIELD_GET(PRI, PRGINDEX, w), .addr = FIELD_ADDR(PRI, ADDR, w),
    };
    if (!r->has_pasid)
        return;
    r->pasid = (uint32_t)FIELD_GET(PRI, SSID, w);
    r->exec = FIELD_GET(PRI, X, w);
    r->priv = FIELD_GET(PRI, PRIV, w);
}

/* ---- what becomes of one that arrives ------------------------------------------------------------ */

static bool overflow(const struct smmuv3_pri_state *s)
{
    return s->full || s->overflown;
}

static bool off(const struct smmuv3_pri_state *s)
{
    return s->secure || !s->enabled || s->aborted;
}

bool smmuv3_pri_needs_ste(const struct page_request *r, const struct smmuv3_pri_state *s)
{
    return !off(s) && overflow(s) && r->last && r->has_pasid && !s->pps && !page_request_is_stop(r);
}

/* Not written for want of room: the group's last request is answered so that the device tries again. */
static void answer_overflow(const struct page_request *r, const struct smmuv3_pri_state *s,
                            enum smmuv3_pri_ste ste, struct smmuv3_pri_end *e)
{
    e->responds = r->last;
    if (!r->last)
        return;
    e->code = PRI_SUCCESS;
    if (!r->has_pasid)
        return;
    e->with_pasid = s->pps || ste == PRI_STE_PPAR1;
    if (!s->pps && ste == PRI_STE_UNUSABLE)
        e->code = PRI_FAILURE;
}

struct smmuv3_pri_end smmuv3_pri_arrive(const struct page_request *r, const struct smmuv3_pri_state *s,
                                        enum smmuv3_pri_ste ste)
{
    struct smmuv3_pri_end e = { .written = false };
    bool stop = page_request_is_stop(r);

    if (off(s)) {
        e.responds = !stop;
        e.code = stop ? 0 : PRI_FAILURE;
        return e;
    }
    if (!overflow(s)) {
        e.written = true;
        return e;
    }
    e.overflows = !s->overflown;
    if (!stop)
        answer_overflow(r, s, ste, &e);
    return e;
}

/* ---- answers ------------------------------------------------------------------------------------- */

static const uint8_t code[] = { PRI_FAILURE, PRI_INVALID, PRI_SUCCESS };

uint8_t smmuv3_pri_code(unsigned resp)
{
    return resp < ARRAY_LEN(code) ? code[resp] : PRI_FAILURE;
}

unsigned smmuv3_pri_resp(uint8_t c)
{
    unsigned resp = 0;

    while (resp < ARRAY_LEN(code) && code[resp] != c)
        resp++;
    return resp < ARRAY_LEN(code) ? resp : 0;
}
