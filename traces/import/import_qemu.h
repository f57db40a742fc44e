/* SPDX-License-Identifier: Apache-2.0
 *
 * import_qemu.h - the lines of QEMU's trace log, whatever prefix they have.
 *
 *     11358@1795200343.581344:smmu_reset_exit        thread, seconds, microseconds (-msg timestamp=on)
 *     smmu_reset_exit                                no prefix
 *     2026-01-02T03:04:05.678901Z smmu_reset_exit    ISO-8601, UTC; a guest's or program's name may follow
 *
 * and scanners for `key=value` text: a scanner moves *p past what it matched, or leaves it and is false.
 */
#ifndef TRACES_IMPORT_QEMU_H
#define TRACES_IMPORT_QEMU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_event {
    const char *name;
    size_t name_len;
    const char *rest;              /* after the name and one blank; ends where the line ends        */
    bool has_time;
    uint64_t t_ns;                 /* since the epoch                                               */
};

/* False if the line has no event name: lower-case letters, digits, `_`, at least one `_`, and the end of
 * the line or a blank after it. */
bool qemu_event_split(const char *line, struct qemu_event *e);
bool qemu_event_is(const struct qemu_event *e, const char *name);

bool scan_text(const char **p, const char *text);       /* exactly this text                        */
bool scan_u64(const char **p, uint64_t *v);             /* 0x hexadecimal or decimal                */
bool scan_hex(const char **p, uint64_t *v);             /* hexadecimal, with or without 0x          */
bool scan_i64(const char **p, int64_t *v);              /* the same with a sign                     */
bool scan_word(const char **p, const char **word, size_t *len);   /* up to a blank                  */
bool scan_end(const char *p);                           /* only blanks are left                     */

/* scan_text then scan_u64, for `key=0x12`. */
bool scan_key(const char **p, const char *key, uint64_t *v);
bool scan_ikey(const char **p, const char *key, int64_t *v);

/* True if all of `text` is what `form` says, blanks at its end aside: literal text, and for each
 * directive the next arg: %u (.u, no sign), %d (.d), %s (.s, up to a blank).  At most SCAN_ARGS. */
enum { SCAN_ARGS = 8 };
union scan_arg { uint64_t u; int64_t d; struct { const char *text; size_t len; } s; };
bool scan_form(const char *text, const char *form, union scan_arg arg[SCAN_ARGS]);

/* The time of the items that come from this line: the event's, or one microsecond after the last
 * (the trace is then marked as order-only). */
struct import_source;
void qemu_event_clock(struct import_source *src, const struct qemu_event *e);

#endif
