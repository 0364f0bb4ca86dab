#pragma once
#include <stdint.h>
#include <vterm.h>

// Colours are unions and flags bit fields, which aren't imported: the scalars of a cell and its colours as 24 bits.
static inline void vt_cell(
    VTermScreen *screen, int row, int column, uint32_t scalars[VTERM_MAX_CHARS_PER_CELL], uint32_t *foreground,
    uint32_t *background
) {
    VTermScreenCell cell;
    VTermPos place = {.row = row, .col = column};
    vterm_screen_get_cell(screen, place, &cell);
    for (int index = 0; index < VTERM_MAX_CHARS_PER_CELL; index++) scalars[index] = cell.chars[index];
    vterm_screen_convert_color_to_rgb(screen, &cell.fg);
    vterm_screen_convert_color_to_rgb(screen, &cell.bg);
    *foreground = (uint32_t)cell.fg.rgb.red << 16 | (uint32_t)cell.fg.rgb.green << 8 | cell.fg.rgb.blue;
    *background = (uint32_t)cell.bg.rgb.red << 16 | (uint32_t)cell.bg.rgb.green << 8 | cell.bg.rgb.blue;
}

static inline void vt_cursor(VTerm *terminal, int *row, int *column) {
    VTermPos place;
    vterm_state_get_cursorpos(vterm_obtain_state(terminal), &place);
    *row = place.row;
    *column = place.col;
}
