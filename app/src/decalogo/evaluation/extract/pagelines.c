/* What paragraphs.py tells of the lines of one page: which continue a paragraph, and what kind of block they form.
 *
 * A translation of that module and of the tests in headings.py, to the letter: a test holds both to the same answers,
 * and where this is not built they do the work. What Python decides by a pattern of the language is left to it: the
 * answer is then a question. Comparisons of numbers stand as Python makes them, for the sake of NaN.
 */
#include "pagelines.h"

#include <stdlib.h>

#define NEIGHBOURS 5
#define LONE_CAPITALS 9
#define FULL 0.82

/* How a line stands to the line before it. */
enum { BEGINS, CONTINUES, SKIPS, UNLESS_SECTION, IF_HANGING };

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double pitch_of(const Sheet *s, double *steps) {
  int32_t count = 0;
  for (int32_t i = 1; i < s->count; i++)
    if (s->boxed[i - 1] && s->boxed[i]) {
      double step = s->boxes[i].top - s->boxes[i - 1].top;
      if (0 < step && step < 40) steps[count++] = step;
    }
  if (!count) return 0;
  qsort(steps, count, sizeof *steps, by_size);
  return count % 2 ? steps[count / 2] : (steps[count / 2 - 1] + steps[count / 2]) / 2;
}

static double left_of(const Sheet *s, int32_t i) { return s->boxed[i] ? s->boxes[i].left : 0; }

static double right_of(const Sheet *s, int32_t i) {
  return s->boxed[i] ? s->boxes[i].right : (double)(s->ends[i] - s->starts[i]);
}

static double widest_of(const Sheet *s, int32_t low, int32_t high) {
  double widest = right_of(s, low);
  for (int32_t i = low + 1; i < high; i++)
    if (right_of(s, i) > widest) widest = right_of(s, i);
  return widest;
}

static int is_full(const Sheet *s, int32_t index, double widest) {
  double right = right_of(s, index);
  if (right >= FULL * widest + (1 - FULL) * left_of(s, index)) return 1;
  int32_t low = index > NEIGHBOURS ? index - NEIGHBOURS : 0;
  int32_t high = s->count - index > NEIGHBOURS + 1 ? index + NEIGHBOURS + 1 : s->count;
  double left = left_of(s, low);
  for (int32_t i = low + 1; i < high; i++)
    if (left_of(s, i) < left) left = left_of(s, i);
  return right - left >= FULL * (widest_of(s, low, high) - left);
}

/* Of a line, and of the line before it. */
typedef struct { Text text; int capitals, closed; } Facts;

static int style_breaks(const Sheet *s, int32_t i, const Facts *before, const Facts *line) {
  int upper = has(s, line->text.at[0], UPPER);
  if (s->boxed[i - 1] && s->boxed[i]) {
    if (s->sizes[i - 1] > 0) {
      double ratio = s->sizes[i] / s->sizes[i - 1];
      if (!(0.88 < ratio && ratio < 1.14)) return 1;
    }
    int was_bold = s->bold[i - 1];
    if (upper && s->bold[i] != was_bold && !(was_bold && before->closed)) return 1;
  }
  if (line->capitals && !before->capitals) return line->text.length >= LONE_CAPITALS;
  return upper && before->capitals && !line->capitals;
}

static int is_far(const Sheet *s, int32_t i, const Facts *line, double pitch) {
  if (!(s->boxed[i - 1] && s->boxed[i])) return s->gap[i];
  double step = s->boxes[i].top - s->boxes[i - 1].top, height = s->sizes[i - 1];
  if (s->sizes[i] > height) height = s->sizes[i];
  if (step < -0.5 * height) return !has(s, line->text.at[0], LOWER);
  return step > 1.4 * (1.2 * height > pitch ? 1.2 * height : pitch);
}

static int joint(const Sheet *s, int32_t i, const Facts *before, const Facts *line, double pitch, double widest) {
  Char first = line->text.at[0];
  if (is_far(s, i, line, pitch) || style_breaks(s, i, before, line)) return BEGINS;
  if (starts_list_item(s, &line->text) && !(first == 'o' && !before->closed)) return BEGINS;
  int full = is_full(s, i - 1, widest);
  if (before->closed) {
    if (!full || (before->text.at[before->text.length - 1] == ':' && has(s, first, UPPER))) return BEGINS;
    return has(s, first, UPPER | DECIMAL) ? UNLESS_SECTION : CONTINUES;
  }
  return full || has(s, first, LOWER) ? CONTINUES : IF_HANGING;
}

static int is_sound(const Sheet *s) {
  for (int32_t i = 0; i < s->length; i++)
    if (s->text[i] >= CHARACTERS || s->traits[s->text[i]] & ODD) return 0;
  for (int32_t i = 0; i < s->count; i++)
    if (s->starts[i] < 0 || s->starts[i] >= s->ends[i] || s->ends[i] > s->length) return 0;
  return 1;
}

/* Tell of each line how it stands to the line before it, whatever rows there are, and whether it is a row. Returns
 * whether it could: not where a character is odd, or memory is out. */
int lines_joints(const Sheet *s, uint8_t *joints, uint8_t *rows) {
  if (!is_sound(s)) return 0;
  if (!s->count) return 1;
  double *steps = malloc(s->count * sizeof *steps);
  if (!steps) return 0;
  double pitch = pitch_of(s, steps), widest = widest_of(s, 0, s->count);
  free(steps);
  Search search;
  search_of(s, &search);
  Facts before = {0};
  for (int32_t i = 0; i < s->count; i++) {
    if (s->skipped[i]) {
      joints[i] = SKIPS, rows[i] = 0;
      continue;
    }
    Facts line = {.text = line_of(s, i)};
    line.capitals = is_capitals(s, &line.text);
    line.closed = is_closed(&line.text);
    rows[i] = row_of(&search, s->starts[i], s->ends[i], 0);
    joints[i] = i && !s->skipped[i - 1] ? joint(s, i, &before, &line, pitch, widest) : BEGINS;
    before = line;
  }
  return 1;
}

/* PLAIN for a block that is no heading, whatever the words of the language, NAMED for one that is only if it begins
 * with a word of headings, and CAPITALS for one set in these. */
static int heading_of(const Sheet *s, int32_t first, int32_t last, Text text, double body) {
  if (s->ranked[first]) return 0;
  while (text.length && has(s, text.at[0], SPACE)) text.at++, text.length--;
  while (text.length && has(s, text.at[text.length - 1], SPACE)) text.length--;
  if (text.length < 3 || text.length > MOST_LENGTH) return PLAIN;
  Char end = text.at[text.length - 1];
  if (end == '/') return PLAIN;
  if (is_capitals(s, &text)) return CAPITALS;
  if (end == '.' || end == ';' || end == ',') return PLAIN;
  if (has(s, text.at[0], DECIMAL) || (body > 0 && s->sizes[first] > 1.12 * body)) return 0;
  for (int32_t i = first; i <= last; i++)
    if (!s->bold[i]) return has(s, text.at[0], UPPER) ? NAMED : PLAIN;
  return 0;
}

/* Tell of each block of lines, both ends included, whether it is a row, begins as list items do, and may be a heading,
 * given the font size of running text. To be called after lines_joints of the same sheet. Returns whether it could. */
int lines_kinds(const Sheet *s, const int32_t *firsts, const int32_t *lasts, int32_t count, double body,
                uint8_t *kinds) {
  Search search;
  search_of(s, &search);
  for (int32_t i = 0; i < count; i++) {
    int32_t first = firsts[i], last = lasts[i];
    if (first < 0 || first > last || last >= s->count) return 0;
    int32_t start = s->starts[first], end = s->ends[last];
    if (start >= end) return 0;
    Text text = {s->text + start, end - start, first < last};
    int kind = row_of(&search, start, end, text.many);
    if (starts_list_item(s, &text)) kind |= LISTED;
    kinds[i] = kind | heading_of(s, first, last, text, body);
  }
  return 1;
}
