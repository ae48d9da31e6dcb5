/*
 * plan.c: the order in which a batch's columns make the content of a row.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "lanes.h"

void tpost_reader_init(tpost_reader *reader, const tpost_column *column)
{
    reader->data = column->data != NULL ? column->data : ""; /* no arithmetic with NULL, not even with 0 */
    reader->data_len = column->data_len;
    reader->offsets = column->offsets;
    reader->type = column->type;
    reader->gap = column->gap;
    reader->quick = column->offsets != NULL && column->data_len >= 32 ? column->data_len - 31 : 0;
    reader->begin = column->offsets != NULL ? tpost_offset(column->offsets, 0, column->type) : 0;
}

/* Append a text that is the same in all rows to the literal of the segment that comes next. */
static void tpost_plan_literal(tpost_plan *plan, const char *text, size_t len)
{
    if (len > 0) {
        memcpy(plan->joined + plan->joined_len, text, len);
    }
    plan->joined_len += len;
    plan->segments[plan->n_segments].literal_len += len;
}

/* `room` is how many bytes of values may be joined: the rest is for the names that follow. */
static void tpost_plan_column(tpost_plan *plan, const tpost_column *column, size_t *room)
{
    tpost_segment *segment = &plan->segments[plan->n_segments];

    tpost_plan_literal(plan, column->name, column->name_len);
    if (column->offsets == NULL && column->data_len <= *room) {
        tpost_plan_literal(plan, column->data, column->data_len);
        *room -= column->data_len;
        return;
    }
    tpost_reader_init(&segment->value, column);
    if (segment->literal_len > 32) {
        segment->value.quick = 0;
    }
    segment->narrow = segment->literal_len <= 16;
    plan->n_segments++;
    segment[1].literal = plan->joined + plan->joined_len;
    segment[1].literal_len = 0;
}

tpost_status tpost_plan_init(tpost_plan *plan, const tpost_column *columns, size_t n_columns)
{
    tpost_param names[TPOST_BATCH_MAX_COLUMNS];
    tpost_status status = TPOST_OK;
    const tpost_param *next = NULL;
    size_t room = TPOST_BATCH_MAX_NAMES;
    size_t i;

    if (n_columns > TPOST_BATCH_MAX_COLUMNS) {
        return TPOST_TOO_MANY_COLUMNS;
    }
    for (i = 0; i < n_columns; i++) {
        if (columns[i].name_len > room) {
            return TPOST_TOO_MANY_COLUMNS;
        }
        room -= columns[i].name_len;
        names[i].name = columns[i].name;
        names[i].name_len = columns[i].name_len;
        names[i].value = NULL;
        names[i].value_len = 0;
    }
    plan->n_segments = 0;
    plan->joined_len = 0;
    plan->segments[0].literal = plan->joined;
    plan->segments[0].literal_len = 0;
    while ((next = tpost_content_next(names, n_columns, next, &status)) != NULL) {
        tpost_plan_column(plan, &columns[next - names], &room);
    }
    memset(plan->joined + plan->joined_len, 0, TPOST_WINDOW_SLACK);
    return status;
}
