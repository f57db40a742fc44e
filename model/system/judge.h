/* SPDX-License-Identifier: Apache-2.0
 *
 * judge.h - holds every result of a system against the oracle, and keeps what was found.
 *
 * Rows are kept up to JUDGE_ROWS of each kind; all are counted.
 */
#ifndef SYSTEM_JUDGE_H
#define SYSTEM_JUDGE_H
#include "system/system.h"

enum { JUDGE_ROWS = 100000 };

struct system_judge *judge_new(struct system *s);
void judge_free(struct system_judge *j);

/* `since`: memory's epoch when the request was made.  True if it was a stale use. */
bool judge_request(struct system_judge *j, const struct system *s, const struct xl_req *req,
                   const struct xl_result *res, uint64_t since);
void judge_inval(struct system_judge *j, const struct system *s, const struct oracle_inval *inv);
void judge_reset(struct system_judge *j);

const struct system_stale *judge_stale(const struct system_judge *j, size_t *n, uint64_t *total);
const struct system_mismatch *judge_mismatches(const struct system_judge *j, size_t *n,
                                               uint64_t *total);

#endif
