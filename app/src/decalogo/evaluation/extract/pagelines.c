/* What paragraphs.py tells of the lines of one page: which continue a paragraph, and what kind of block they form.
 *
 * A translation of that module and of the tests in headings.py, to the letter: a test holds both to the same answers, and
 * where this is not built they do the work. What Python decides by a pattern of the language is left to it: the answer is
 * then a question. Text is UTF-16 of characters below CHARACTERS; what Python's str says of each of these is handed over in
 * a table. Comparisons of numbers stand as Python makes them, for the sake of NaN.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Which characters there are tables for; as in nativelines.py. */
#define CHARACTERS 0x2800

#define LEAST_NUMBERS 3
#define ROW_GAPS 3
#define START 40
#define FEW 4
#define MOST_LENGTH 160
#define NEIGHBOURS 5
#define LONE_CAPITALS 9
#define FULL 0.82
#define LEAST_TITLES 3
#define LONGEST_TITLE 31
#define EN_DASH 0x2013

/* Of a character: in the order of _TRAITS in nativelines.py. ODD: its lower case is more than one character. */
enum { SPACE = 1, ALPHA = 2, UPPER = 4, LOWER = 8, TITLE = 16, DECIMAL = 32, DIGIT = 64, ODD = 128 };
/* How a line stands to the line before it. */
enum { BEGINS, CONTINUES, SKIPS, UNLESS_SECTION, IF_HANGING };
/* Of a line or a block; MAYBE_ROW: it is one if these are column titles. */
enum { ROW = 1, MAYBE_ROW = 2, LISTED = 4, PLAIN = 8, CAPITALS = 16, NAMED = 32 };

/* What numbers begin or end with in folded text; "?" stands for all characters that do not fold. */
static const uint8_t NUMERIC[256] = {['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,
                                     ['7'] = 1, ['8'] = 1, ['9'] = 1, ['%'] = 1, ['-'] = 1, ['?'] = 1};

typedef uint16_t Char;
typedef struct { double left, top, right, bottom; } Box;

/* As Sheet in nativelines.py. */
typedef struct {
  const uint8_t *traits; /* of the characters */
  const uint8_t *titles; /* folded: a byte of length, then so many bytes, and 0 at the end */
  const Char *text;
  const uint8_t *folded; /* the text's, a byte a character */
  const int32_t *starts, *ends;
  const Box *boxes;
  const double *sizes;
  const uint8_t *boxed, *bold, *gap, *ranked, *skipped; /* 0 or 1 for each line */
  int32_t length, count;
} Sheet;

/* A sheet, and how long titles are that begin with a byte. */
typedef struct { const Sheet *sheet; uint8_t lengths[256][LONGEST_TITLE + 1]; } Search;

/* A stretch of text; in one of several lines a line break reads as a blank. */
typedef struct { const Char *at; int32_t length; int many; } Text;

static void search_of(const Sheet *s, Search *search) {
  search->sheet = s;
  memset(search->lengths, 0, sizeof search->lengths);
  for (const uint8_t *title = s->titles; *title; title += 1 + *title)
    search->lengths[title[1]][*title] = search->lengths['?'][*title] = 1;
}

static int has(const Sheet *s, Char c, int trait) { return (s->traits[c] & trait) != 0; }

static Char char_at(const Text *t, int32_t i) { return t->many && t->at[i] == '\n' ? ' ' : t->at[i]; }

static Text line_of(const Sheet *s, int32_t i) {
  return (Text){s->text + s->starts[i], s->ends[i] - s->starts[i], 0};
}

static int is_stop(Char c) { return c == '.' || c == ':' || c == ';' || c == '!' || c == '?'; }

static int is_quote(Char c) {
  return c == '"' || c == '\'' || c == 0x201d || c == 0x2019 || c == 0xbb || c == ')';
}

static int is_closed(const Text *t) {
  int32_t last = t->length - 1, low = t->length > 4 ? t->length - 4 : 0;
  if (is_stop(t->at[last])) return 1;
  if (!is_quote(t->at[last])) return 0;
  while (last >= low && is_quote(t->at[last])) last--;
  return last >= low && is_stop(t->at[last]);
}

static int is_capitals(const Sheet *s, const Text *t) {
  int32_t letters = 0, upper = 0, small = 0, i;
  int lower = 0, cased = 0;
  for (i = 0; i < t->length; i++) {
    uint8_t traits = s->traits[t->at[i]];
    if (traits & (LOWER | TITLE)) {
      lower = 1;
      break;
    }
    cased |= traits & UPPER;
    letters += (traits & ALPHA) != 0;
  }
  if (!lower && cased) return letters >= 4;
  for (i = 0; i < t->length && i < START; i++) small += has(s, t->at[i], LOWER);
  if (small > FEW) return 0;
  for (i = letters = 0; i < t->length && i < MOST_LENGTH; i++)
    if (has(s, t->at[i], ALPHA)) {
      letters++;
      upper += has(s, t->at[i], UPPER);
    }
  return letters >= 10 && upper >= 0.9 * letters;
}

static int is_mark(Char c) {
  static const Char marks[] = {0x2022, 0x25cf, 0x25aa, 0x25a0, 0x25e6, 0x25cb, 0x2023, 0x2713, 0x2714,
                               0x25ba, 0x27a2, 0x2756, '*',    0xbb,   '-',    0x2013, 0x2014, 0xb7};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (c == marks[i]) return 1;
  return 0;
}

static int is_roman(Char c) { return c == 'i' || c == 'v' || c == 'x'; }

static int is_capital(Char c) {
  return (c >= 'A' && c <= 'Z') || c == 0xc1 || c == 0xc9 || c == 0xcd || c == 0xd3 || c == 0xda || c == 0xd1;
}

static int is_small(Char c) { return (c >= 'a' && c <= 'z') || c == 0xf1; }

static int space_at(const Sheet *s, const Text *t, int32_t i) { return i < t->length && has(s, t->at[i], SPACE); }

static int starts_list_item(const Sheet *s, const Text *t) {
  Char first = t->at[0], next = t->length > 1 ? t->at[1] : 0;
  if (has(s, first, ALPHA) && (t->length < 2 || has(s, next, ALPHA)) && !is_roman(first)) return 0;
  if (is_mark(first)) return 1;
  if (t->length < 2) return 0;
  int blank = char_at(t, 1) == ' ';
  if (first == '?' && blank) return 1;
  if (first == 'o' && blank && t->length > 2 && is_capital(t->at[2])) return 1;
  if (has(s, first, DECIMAL)) {
    int32_t i = has(s, next, DECIMAL) ? 2 : 1;
    if (i >= t->length) return 0;
    if (t->at[i] == ')') return 1;
    if (t->at[i] != '.') return 0;
    i++;
    if (i < t->length && (t->at[i] == '-' || t->at[i] == EN_DASH)) i++;
    return space_at(s, t, i);
  }
  if ((is_small(first) || (first >= 'A' && first <= 'Z') || first == 0xd1) && (next == '.' || next == ')')) {
    if (next == ')' && is_small(first)) return 1;
    if (space_at(s, t, 2)) return 1;
  }
  int32_t i = 0;
  while (i < 5 && i < t->length && is_roman(t->at[i])) i++;
  return i > 0 && i < t->length && (t->at[i] == '.' || t->at[i] == ')');
}

static int is_sign(Char c) { return c == '%' || c == '-' || c == EN_DASH; }

/* Whether a word is part of "%-–". */
static int is_signs(const Char *word, int32_t length) {
  static const Char signs[] = {'%', '-', EN_DASH};
  for (int32_t at = 0; at + length <= 3; at++)
    if (!memcmp(signs + at, word, length * sizeof *word)) return 1;
  return 0;
}

static int is_number_row(const Sheet *s, const Text *t) {
  int32_t blanks = 0, numeric = 0, words = 0, numbers = 0, i;
  int named = 0, within = 0;
  for (i = 0; i < t->length; i++) {
    blanks += char_at(t, i) == ' ';
    numeric += is_sign(t->at[i]);
    int decimal = has(s, t->at[i], DECIMAL);
    numeric += decimal && !within;
    within = decimal;
  }
  if (blanks < ROW_GAPS || 2 * numeric <= blanks) return 0;
  for (i = 0; i < t->length;) {
    if (has(s, t->at[i], SPACE)) {
      i++;
      continue;
    }
    int32_t from = i;
    int letters = 1;
    for (; i < t->length && !has(s, t->at[i], SPACE); i++) letters &= has(s, t->at[i], ALPHA);
    words++;
    numbers += has(s, t->at[from], DIGIT) || has(s, t->at[i - 1], DIGIT) || is_signs(t->at + from, i - from);
    named |= letters && i - from > 2;
  }
  return numbers >= LEAST_NUMBERS && 2 * numbers >= words && named;
}

/* Whether a folded word may be a title; "?" stands for any character. */
static int is_title(const Search *q, const uint8_t *word, int32_t length) {
  if (length > LONGEST_TITLE || !q->lengths[word[0]][length]) return 0;
  for (const uint8_t *title = q->sheet->titles; *title; title += 1 + *title) {
    if (*title != length) continue;
    int32_t i = 0;
    while (i < length && (word[i] == title[1 + i] || word[i] == '?')) i++;
    if (i == length) return 1;
  }
  return 0;
}

/* Whether text[start:end] may be column titles. */
static int may_be_titles(const Search *q, int32_t start, int32_t end) {
  const Sheet *s = q->sheet;
  if (s->text[end - 1] == '.' || s->text[end - 1] == ':') return 0;
  int32_t found = 0, length = 0;
  for (int32_t i = start; i < end; i++) {
    int32_t from = i;
    while (i < end && !has(s, s->text[i], SPACE) && s->text[i] != '/') i++;
    if (i > from && is_title(q, s->folded + from, i - from)) {
      found++;
      length += i - from;
    }
    if (2 * (length + (int64_t)(end - i)) < end - start) return 0;
  }
  return found >= LEAST_TITLES && 2 * (int64_t)length >= end - start;
}

static int row_of(const Search *q, int32_t start, int32_t end, int many) {
  const Sheet *s = q->sheet;
  int32_t numeric = 0, blanks = 0;
  for (int32_t i = start; i < end; i++) numeric += NUMERIC[s->folded[i]];
  if (numeric >= LEAST_NUMBERS) {
    for (int32_t i = start; i < end; i++) blanks += s->text[i] == ' ' || (many && s->text[i] == '\n');
    Text text = {s->text + start, end - start, many};
    if (2 * (int64_t)numeric > blanks && is_number_row(s, &text)) return ROW;
  }
  return may_be_titles(q, start, end) ? MAYBE_ROW : 0;
}

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

/* Tell of each line how it stands to the line before it, whatever rows there are, and whether it is a row. Returns whether
 * it could: not where a character is odd, or memory is out. */
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

/* PLAIN for a block that is no heading, whatever the words of the language, NAMED for one that is only if it begins with a
 * word of headings, and CAPITALS for one set in these. */
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
int lines_kinds(const Sheet *s, const int32_t *firsts, const int32_t *lasts, int32_t count, double body, uint8_t *kinds) {
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
