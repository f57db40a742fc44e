/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/fault.h"

#include "base/sim.h"

FIELD_TABLE(frcd_fields, "FRCD", "VT-d 11.4", FRCD_WORDS, FRCD_FIELDS);

#define REASON_ROW(ID, code, name, old, fpd, text) { (code), (name), (old), (fpd), (text) },
const struct vtd_reason vtd_reasons[] = { VTD_REASONS(REASON_ROW) };
const unsigned vtd_reason_count = ARRAY_LEN(vtd_reasons);

const struct vtd_reason *vtd_reason(uint8_t code)
{
    for (unsigned i = 0; i < vtd_reason_count; i++)
        if (vtd_reasons[i].code == code)
            return &vtd_reasons[i];
    return NULL;
}

bool vtd_reason_fpd(uint8_t code)
{
    const struct vtd_reason *r = vtd_reason(code);

    return r && r->fpd;
}

void vtd_fault_encode(const struct xl_req *req, uint8_t code, uint64_t *words)
{
    bool page = req->type == XL_PAGE_REQUEST;        /* a message: it has no address type */

    words[0] = words[1] = 0;
    FIELD_SET_ADDR(FRCD, FI, words, req->addr);
    FIELD_SET(FRCD, SID, words, req->sid);
    FIELD_SET(FRCD, FR, words, code);
    FIELD_SET(FRCD, AT, words, page ? 0 : req->type);        /* else enum xl_type is AT's code */
    FIELD_SET(FRCD, T1, words, !page && (req->atomic || !req->write));
    FIELD_SET(FRCD, T2, words, page || req->atomic);
    if (req->has_ssid) {
        FIELD_SET(FRCD, PP, words, 1);
        FIELD_SET(FRCD, PV, words, req->ssid);
        FIELD_SET(FRCD, PRIV, words, req->priv);
        FIELD_SET(FRCD, EXE, words, req->exec);
    }
    FIELD_SET(FRCD, F, words, 1);
}
