/* SPDX-License-Identifier: Apache-2.0
 *
 * gtkw.h - what every save file for GTKWave is written with: flags, names, the zoom.
 */
#ifndef KERNEL_GTKW_H
#define KERNEL_GTKW_H
#include <stddef.h>
#include <stdint.h>

/* Flags of a trace as GTKWave keeps them: radix, to the right, letters; begin and end of an open group. */
#define GTKW_BINARY      "@28"
#define GTKW_DECIMAL     "@24"
#define GTKW_HEX         "@22"
#define GTKW_LETTERS     "@820"
#define GTKW_GROUP_BEGIN "@800200"
#define GTKW_GROUP_END   "@1000200"

enum { GTKW_WIDTH = 1600, GTKW_HEIGHT = 900, GTKW_PATH = 4096 };       /* of the window; of a path */

/* "run.gtkw" of "run.fst". */
void gtkw_path(const char *fst, char *buf, size_t size);
/* Without directories. */
const char *gtkw_base(const char *path);
/* The logarithm to base 2 of a frame's time, for so much to be seen; a save file has minus it. */
double gtkw_zoom(uint64_t span_ps);

#endif
