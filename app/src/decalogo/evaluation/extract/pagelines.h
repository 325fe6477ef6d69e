/* What headings.py and paragraphs.py tell of a line or a block by its text alone, and the sheet it stands on.
 *
 * Text is UTF-16 of characters below CHARACTERS; what Python's str says of each of these is handed over in a table.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Which characters there are tables for; as in nativelines.py. */
#define CHARACTERS 0x2800

#define LEAST_NUMBERS 3
#define ROW_GAPS 3
#define START 40
#define FEW 4
#define MOST_LENGTH 160
#define LEAST_TITLES 3
#define LONGEST_TITLE 31
#define EN_DASH 0x2013

/* Of a character: in the order of _traits in nativelines.py. ODD: its lower case is more than one character. */
enum { SPACE = 1, ALPHA = 2, UPPER = 4, LOWER = 8, TITLE = 16, DECIMAL = 32, DIGIT = 64, ODD = 128 };
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
