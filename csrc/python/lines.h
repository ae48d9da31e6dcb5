/*
 * lines.h: columns of Python strings, joined into one text.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Python joins a column's values with '\n' in one call, and this finds them again: much faster than handing them over one
 * by one. A value that itself contains '\n' makes the count wrong, and then nothing is taken.
 */
#ifndef TPOST_BRIDGE_LINES_H
#define TPOST_BRIDGE_LINES_H

#include <thingpost_lanes.h>

/*
 * Make `column` the lines of the text. offsets: memory for rows + 1 of them, which like the text must live as long as the
 * column is used. Returns 1; 0 where the text does not have exactly `rows` lines (rows is 1 or more) or 4 GiB or more.
 */
int tpost_bridge_lines(tpost_column *column, const char *text, size_t size, uint32_t *offsets, size_t rows);

#endif
