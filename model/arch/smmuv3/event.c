/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/event.h"

#include <string.h>

#include "base/sim.h"

#define ROW(N, c, f, m) { #N, (c), (f), (m) },
const struct smmuv3_event_row smmuv3_events[] = { SMMUV3_EVENTS(ROW) };
const unsigned smmuv3_event_count = ARRAY_LEN(smmuv3_events);

FIELD_TABLE(event_fields, "EVENT", "[SMMUv3 7.3]", EVENT_WORDS, EVENT_FIELDS);

const struct smmuv3_event_row *smmuv3_event_find(unsigned number)
{
    for (unsigned i = 0; i < smmuv3_event_count; i++)
        if (smmuv3_events[i].number == number)
            return &smmuv3_events[i];
    return NULL;
}

void smmuv3_event_encode(const struct xl_req *req, const struct xl_result *res,
                         uint64_t words[EVENT_WORDS])
{
    const struct smmuv3_event_row *row = smmuv3_event_find(res->code);
    unsigned has = row ? row->flags : 0;

    memset(words, 0, EVENT_BYTES);
    FIELD_SET(EVENT, TYPE, words, res->code);
    FIELD_SET(EVENT, SID, words, req->sid);
    if (req->has_ssid && (has & (EVENT_SSV | EVENT_SSID))) {
        FIELD_SET(EVENT, SSV, words, (has & EVENT_SSV) != 0);
        FIELD_SET(EVENT, SSID, words, req->ssid);
    }
    if (has & EVENT_ADDR) {
        FIELD_SET(EVENT, RNW, words, !res->write);
        FIELD_SET(EVENT, INPUT, words, req->addr);
    }
    if (has & EVENT_ATTR) {
        FIELD_SET(EVENT, PNU, words, res->priv);
        FIELD_SET(EVENT, IND, words, res->exec && !res->write);
    }
    if (has & EVENT_STAGE) {
        FIELD_SET(EVENT, S2, words, res->stage2);
        FIELD_SET(EVENT, CLASS, words, res->cls);
    }
    if ((has & EVENT_IPA) && res->stage2)
        FIELD_SET_ADDR(EVENT, IPA, words, res->ipa);
    if (has & EVENT_PAGE)
        FIELD_SET(EVENT, INPUT, words, req->addr & ~0xfffull);
    if ((has & EVENT_TTRNW) && res->stage2 && res->cls == EVENT_CLASS_TT)
        FIELD_SET(EVENT, TTRNW, words, !res->table_write);
    if ((has & EVENT_STALL) && res->outcome == XL_STALL) {
        FIELD_SET(EVENT, STALL, words, 1);
        FIELD_SET(EVENT, STAG, words, res->stag);
    }
    if (has & EVENT_FETCH)
        FIELD_SET_ADDR(EVENT, FETCH, words, res->fetch);
}

const uint64_t smmuv3_event_merge_ignored[EVENT_WORDS] = { 0, 0, 0xfff, 0 };

bool smmuv3_event_merges(unsigned number, bool mev)
{
    const struct smmuv3_event_row *row = smmuv3_event_find(number);

    return mev || (row && row->flags & EVENT_NO_STE);
}
