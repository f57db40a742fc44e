/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/prq.h"

#include "base/sim.h"

FIELD_TABLE(vtd_prq_fields, "PRQ", "VT-d 7.4.1", PRQ_WORDS, PRQ_FIELDS);

/* Without a PASID the fields that belong to it are zero. */
void vtd_prq_encode(const struct page_request *r, uint64_t w[PRQ_WORDS])
{
    w[0] = w[1] = w[2] = w[3] = 0;
    FIELD_SET(PRQ, TYPE, w, PRQ_TYPE_PAGE);
    FIELD_SET(PRQ, RID, w, r->rid & 0xffff);
    FIELD_SET(PRQ, RD, w, r->read);
    FIELD_SET(PRQ, WR, w, r->write);
    FIELD_SET(PRQ, LPIG, w, r->last);
    FIELD_SET(PRQ, PRGI, w, r->group);
    FIELD_SET_ADDR(PRQ, ADDR, w, r->addr);
    if (!r->has_pasid)
        return;
    FIELD_SET(PRQ, PP, w, 1);
    FIELD_SET(PRQ, PASID, w, r->pasid);
    FIELD_SET(PRQ, EXE, w, r->exec);
    FIELD_SET(PRQ, PRIV, w, r->priv);
}

void vtd_prq_decode(const uint64_t w[PRQ_WORDS], struct page_request *r)
{
    *r = (struct page_request){
        .rid = (uint32_t)FIELD_GET(PRQ, RID, w), .has_pasid = FIELD_GET(PRQ, PP, w),
        .read = FIELD_GET(PRQ, RD, w), .write = FIELD_GET(PRQ, WR, w), .last = FIELD_GET(PRQ, LPIG, w),
        .group = (uint16_t)FIELD_GET(PRQ, PRGI, w), .addr = FIELD_ADDR(PRQ, ADDR, w),
    };
    if (!r->has_pasid)
        return;
    r->pasid = (uint32_t)FIELD_GET(PRQ, PASID, w);
    r->exec = FIELD_GET(PRQ, EXE, w);
    r->priv = FIELD_GET(PRQ, PRIV, w);
}

/* A group is answered once, for its last request; a stop marker is not. */
static void answer(const struct page_request *r, enum pri_code code, struct vtd_prq_end *e)
{
    e->responds = r->last && !page_request_is_stop(r);
    e->code = e->responds ? (uint8_t)code : 0;
}

/* After an overflow the device is to try again: software has made room by then. */
struct vtd_prq_end vtd_prq_arrive(const struct page_request *r, const struct vtd_prq_state *s)
{
    struct vtd_prq_end e = { .written = s->allowed && !s->overflown && !s->full };

    if (!s->allowed) {
        answer(r, PRI_FAILURE, &e);
    } else if (!e.written) {
        e.overflows = !s->overflown;
        e.event = e.overflows && !s->pending;
        answer(r, PRI_SUCCESS, &e);
    }
    return e;
}
