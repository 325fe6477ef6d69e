/* Read the lines, words, gaps and ruling lines of one PDF page in a few calls instead of some thousand.
 *
 * This file is a translation of text_page.py, raised.py and ruling_lines.py, which do the work if it is not built. A test
 * compares both. Numbers are doubles converted from PDFium's floats, as in Python, so the file must be compiled without
 * contraction (-ffp-contract=off). The reader receives PDFium's functions by address and links to no library. It keeps
 * the records of a call until the next one; one process reads one page at a time.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define THIN 3.5
#define SHORT 4.0
#define MOST_OBJECTS 20000
#define MOST_SEGMENTS 400
#define MOST_NESTING 4
#define WHITE 250
#define NAME_BYTES 128
#define FORCE_BOLD (1 << 18)
#define SMALLER 0.7225 /* square of the largest ratio of sizes */
#define LEAST_RISE 0.15
#define MOST_RISE 1.0
#define MOST_ADVANCE 1.8
#define LONGEST_MARK 3
#define MOST_BLANKS 6

enum { OBJECT_PATH = 2, OBJECT_FORM = 5, SEGMENT_LINE = 0, SEGMENT_MOVE = 2 };

typedef struct { float left, top, right, bottom; } RectF;
typedef struct { float a, b, c, d, e, f; } MatrixF;
typedef struct { double a, b, c, d, e, f; } Matrix;
typedef struct { double left, top, right, bottom; } Box;

/* In the order of _FUNCTIONS in native.py. */
typedef struct {
  int (*char_index)(void *, int);
  int (*char_box)(void *, int, RectF *);
  int (*char_matrix)(void *, int, MatrixF *);
  double (*font_size)(void *, int);
  int (*char_origin)(void *, int, double *, double *);
  unsigned long (*font_info)(void *, int, void *, unsigned long, int *);
  int (*page_count)(void *);
  void *(*page_object)(void *, int);
  int (*form_count)(void *);
  void *(*form_object)(void *, unsigned long);
  int (*object_type)(void *);
  int (*object_bounds)(void *, float *, float *, float *, float *);
  int (*object_matrix)(void *, MatrixF *);
  int (*fill_colour)(void *, unsigned *, unsigned *, unsigned *, unsigned *);
  int (*draw_mode)(void *, int *, int *);
  int (*segment_count)(void *);
  void *(*segment)(void *, int);
  int (*segment_point)(void *, float *, float *);
  int (*segment_type)(void *);
  int (*segment_closes)(void *);
} Pdfium;

typedef struct { double left, bottom, right, top; int rotation; } Turn;

/* Records as Python unpacks them; see native.py. */
typedef struct { int32_t start, end; Box box; double font_size, shear, scale; uint8_t bold, level; } Line;
typedef struct { int32_t start, end; double first_x, first_y, last_x, last_y; } Word;
typedef struct { int32_t start, end; double left, size; } Stretch; /* a line, as Python packs it */
typedef struct { int32_t line, end, start; double right, left; } Gap;
typedef struct { double at, low, high; } Rule;
typedef struct { int32_t start, end; } Span;

typedef struct { void *items; long count, room; } List;

typedef struct {
  Pdfium f;
  Turn turn;
  List lines, words, horizontal, vertical, fills, raised, gaps;
  /* The answers of calls that can fail keep their last value, as in Python. */
  int objects_left, fill, stroke;
  float x, y;
} Reader;

Reader *reader_new(const Pdfium *functions) {
  Reader *reader = calloc(1, sizeof *reader);
  if (reader) reader->f = *functions;
  return reader;
}

/* Return the place of one more record, or NULL if out of memory. */
static void *more(List *list, size_t size) {
  if (list->count == list->room) {
    long room = list->room ? 2 * list->room : 256;
    void *items = realloc(list->items, room * size);
    if (!items) return NULL;
    list->items = items;
    list->room = room;
  }
  return (char *)list->items + size * list->count++;
}

/* Python's str.isspace() for the basic multilingual plane. */
static int is_space(uint16_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

static Box turned(const Turn *t, double left, double bottom, double right, double top) {
  switch (t->rotation) {
    case 0: return (Box){left - t->left, t->top - top, right - t->left, t->top - bottom};
    case 90: return (Box){bottom - t->bottom, left - t->left, top - t->bottom, right - t->left};
    case 180: return (Box){t->right - right, bottom - t->bottom, t->right - left, top - t->bottom};
    default: return (Box){t->top - top, t->right - right, t->top - bottom, t->right - left};
  }
}

static int index_of(const Reader *r, void *textpage, int direct, int offset) {
  return direct ? offset : r->f.char_index(textpage, offset);
}

static int lower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

static int holds(const char *name, const char *word) {
  for (; *name; name++) {
    int i = 0;
    while (word[i] && lower((unsigned char)name[i]) == word[i]) i++;
    if (!word[i]) return 1;
  }
  return 0;
}

static int is_bold(const Reader *r, void *textpage, int index) {
  static const char *const words[] = {"bold", "black", "heavy", "demi", "negr"};
  char name[NAME_BYTES + 1];
  int flags = 0;
  unsigned long size = r->f.font_info(textpage, index, name, NAME_BYTES, &flags);
  if (size == 0) return 0;
  if (flags & FORCE_BOLD) return 1;
  if (size > NAME_BYTES) return 0; /* too long: not written */
  name[size] = 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (holds(name, words[i])) return 1;
  return 0;
}

static int add_line(Reader *r, void *textpage, int direct, const uint16_t *text, long start, long end) {
  while (start < end && is_space(text[start])) start++;
  while (end > start && is_space(text[end - 1])) end--;
  if (start == end) return 1;
  long middle = start + (end - start) / 2;
  if (is_space(text[middle])) middle++; /* blanks that PDFium made have no size */
  int i = index_of(r, textpage, direct, start), j = index_of(r, textpage, direct, middle),
      k = index_of(r, textpage, direct, end - 1);
  RectF first, last;
  if (!r->f.char_box(textpage, i, &first) || !r->f.char_box(textpage, k, &last)) return 1;
  Box a = turned(&r->turn, first.left, first.bottom, first.right, first.top);
  Box b = turned(&r->turn, last.left, last.bottom, last.right, last.top);
  Line *line = more(&r->lines, sizeof *line);
  if (!line) return 0;
  MatrixF matrix;
  int known = r->f.char_matrix(textpage, j, &matrix);
  line->start = start;
  line->end = end;
  line->font_size = known ? r->f.font_size(textpage, j) : 0;
  line->shear = known ? matrix.c : 0;
  line->scale = known ? matrix.d : 0;
  line->level = fabs(a.top - b.top) < 0.5 * (b.bottom - b.top);
  line->box = (Box){a.left, b.top < a.top ? b.top : a.top, b.right, b.bottom > a.bottom ? b.bottom : a.bottom};
  line->bold = is_bold(r, textpage, i) && is_bold(r, textpage, k);
  return 1;
}

/* Find the lines of a page's text (UTF-16 units, lines end in CR LF). Returns their number, or -1 if out of memory. */
long reader_lines(Reader *r, void *textpage, const Turn *turn, const uint16_t *text, long length, int direct) {
  r->turn = *turn;
  r->lines.count = 0;
  long start = 0;
  for (long at = 0; at + 1 < length; at++)
    if (text[at] == '\r' && text[at + 1] == '\n') {
      if (!add_line(r, textpage, direct, text, start, at)) return -1;
      start = ++at + 1;
    }
  return add_line(r, textpage, direct, text, start, length) ? r->lines.count : -1;
}

static int is_word(uint16_t c) { return !is_space(c) && c != 0xfffe && c != 0x02; }

static int middle_of(const Reader *r, void *textpage, int index, double *x, double *y) {
  RectF rect;
  if (index < 0 || !r->f.char_box(textpage, index, &rect)) return 0;
  Box box = turned(&r->turn, rect.left, rect.bottom, rect.right, rect.top);
  *x = (box.left + box.right) / 2;
  *y = (box.top + box.bottom) / 2;
  return 1;
}

/* Find the words of text[start:end] and the middles of their first and last characters (NaN where one has no box), after
 * reader_lines of the same page. Returns their number, or -1 if out of memory. */
long reader_words(Reader *r, void *textpage, const uint16_t *text, long start, long end, int direct) {
  r->words.count = 0;
  for (long at = start; at < end; at++) {
    if (!is_word(text[at])) continue;
    long from = at;
    while (at < end && is_word(text[at])) at++;
    Word *word = more(&r->words, sizeof *word);
    if (!word) return -1;
    *word = (Word){from, at, NAN, NAN, NAN, NAN};
    middle_of(r, textpage, index_of(r, textpage, direct, from), &word->first_x, &word->first_y);
    middle_of(r, textpage, index_of(r, textpage, direct, at - 1), &word->last_x, &word->last_y);
  }
  return r->words.count;
}

/* Find the gaps between the words of one line that are wider than its font size times least. The edges of a word are the
 * middles of its outer characters, moved by the font size times inset. */
static int add_gaps(Reader *r, void *textpage, const uint16_t *text, const Stretch *line, long number, double least,
                    double inset, int direct) {
  double right = line->left, half = inset * line->size, first, last, y;
  long end = line->start;
  for (long at = line->start; at < line->end; at++) {
    if (!is_word(text[at])) continue;
    long from = at;
    while (at < line->end && is_word(text[at])) at++;
    if (!middle_of(r, textpage, index_of(r, textpage, direct, from), &first, &y)) continue;
    if (!middle_of(r, textpage, index_of(r, textpage, direct, at - 1), &last, &y)) continue;
    if (end > line->start && first - half - right > least * line->size) {
      Gap *gap = more(&r->gaps, sizeof *gap);
      if (!gap) return 0;
      *gap = (Gap){number, end, from, right, first - half};
    }
    end = at, right = last + half;
  }
  return 1;
}

/* Find the wide gaps of lines, after reader_lines of the same page. Returns their number, or -1 if out of memory. */
long reader_gaps(Reader *r, void *textpage, const uint16_t *text, const Stretch *lines, long count, double least,
                 double inset, int direct) {
  r->gaps.count = 0;
  for (long number = 0; number < count; number++)
    if (!add_gaps(r, textpage, text, lines + number, number, least, inset, direct)) return -1;
  return r->gaps.count;
}

/* A character as it is set: where it begins, the two directions of its text, and its font size in them. */
typedef struct { double x, y, a, b, c, d, size; } Glyph;

static int glyph_of(const Reader *r, void *textpage, int direct, long offset, Glyph *g) {
  MatrixF m;
  int index = index_of(r, textpage, direct, offset);
  if (index < 0 || !r->f.char_matrix(textpage, index, &m) || !r->f.char_origin(textpage, index, &g->x, &g->y)) return 0;
  g->a = m.a, g->b = m.b, g->c = m.c, g->d = m.d, g->size = r->f.font_size(textpage, index);
  return 1;
}

static double height_of(const Glyph *g) { return g->size * g->size * (g->c * g->c + g->d * g->d); }

static int is_mark(uint16_t c) { return (c >= '0' && c <= '9') || c == '*' || c == 0x2020 || c == 0x2021; }

/* The character before text[start:end], or after it, that a few blanks (and a line break, where allowed) part from it;
 * or -1. */
static long neighbour_of(const uint16_t *text, long length, long start, long end, int after, int over_break) {
  for (int step = 1; step <= MOST_BLANKS; step++) {
    long at = after ? end + step - 1 : start - step;
    if (at < 0 || at >= length) return -1;
    if (!is_space(text[at])) return at;
    if (text[at] != ' ' && !over_break) return -1;
  }
  return -1;
}

static int is_raised(const Glyph *g, const Glyph *base, int after) {
  double x = g->x - base->x, y = g->y - base->y;
  double up = x * base->c + y * base->d, along = x * base->a + y * base->b;
  double high = base->size * (base->c * base->c + base->d * base->d);
  double wide = base->size * (base->a * base->a + base->b * base->b);
  if (after) along = -along;
  return up >= LEAST_RISE * high && up <= MOST_RISE * high && along >= 0 && along <= MOST_ADVANCE * wide;
}

/* Where the raised end of text[start:end] begins, seen from the character at base; end where there is none. */
static long raised_from(const Reader *r, void *textpage, int direct, long start, long end, long base) {
  Glyph g, next;
  if (base < 0 || !glyph_of(r, textpage, direct, base, &g) || !glyph_of(r, textpage, direct, end - 1, &next)) return end;
  if (height_of(&next) > SMALLER * height_of(&g)) return end;
  int after = base > start;
  while (start < end) { /* the digits of the number that the mark follows are its base */
    if (!glyph_of(r, textpage, direct, start, &next)) return end;
    if (height_of(&next) <= SMALLER * height_of(&g)) return is_raised(&next, &g, after) ? start : end;
    g = next;
    start++;
  }
  return end;
}

/* Find the numbers and asterisks that are set smaller and higher than the text they stand in. Returns their number, or -1
 * if out of memory. */
long reader_raised(Reader *r, void *textpage, const uint16_t *text, long length, int direct) {
  r->raised.count = 0;
  for (long at = 0; at < length; at++) {
    if (!is_mark(text[at])) continue;
    long start = at, from;
    while (at < length && is_mark(text[at])) at++;
    long before = neighbour_of(text, length, start, at, 0, 0), after = neighbour_of(text, length, start, at, 1, 0);
    if (before >= 0 || after >= 0) {
      from = raised_from(r, textpage, direct, start, at, before >= 0 ? before : after);
    } else { /* alone on its line */
      from = raised_from(r, textpage, direct, start, at, neighbour_of(text, length, start, at, 0, 1));
      if (from == at) from = raised_from(r, textpage, direct, start, at, neighbour_of(text, length, start, at, 1, 1));
    }
    if (from == at || at - from > LONGEST_MARK) continue;
    Span *span = more(&r->raised, sizeof *span);
    if (!span) return -1;
    *span = (Span){from, at};
  }
  return r->raised.count;
}

static Matrix times(Matrix i, const Matrix *o) {
  if (!o) return i;
  return (Matrix){i.a * o->a + i.b * o->c,        i.a * o->b + i.b * o->d,        i.c * o->a + i.d * o->c,
                  i.c * o->b + i.d * o->d,        i.e * o->a + i.f * o->c + o->e, i.e * o->b + i.f * o->d + o->f};
}

static Matrix matrix_of(const Reader *r, void *object) {
  MatrixF m;
  if (!r->f.object_matrix(object, &m)) return (Matrix){1, 0, 0, 1, 0, 0};
  return (Matrix){m.a, m.b, m.c, m.d, m.e, m.f};
}

static Box placed(const Reader *r, double x0, double y0, double x1, double y1, const Matrix *m) {
  double swap;
  if (m) {
    double p0 = m->a * x0 + m->c * y0 + m->e, q0 = m->b * x0 + m->d * y0 + m->f;
    double p1 = m->a * x1 + m->c * y1 + m->e, q1 = m->b * x1 + m->d * y1 + m->f;
    x0 = p0, y0 = q0, x1 = p1, y1 = q1;
  }
  if (x1 < x0) swap = x0, x0 = x1, x1 = swap;
  if (y1 < y0) swap = y0, y0 = y1, y1 = swap;
  return turned(&r->turn, x0, y0, x1, y1);
}

static int add_rule(Reader *r, Box b) {
  int level = b.bottom - b.top <= THIN && b.right - b.left >= SHORT;
  int upright = !level && b.right - b.left <= THIN && b.bottom - b.top >= SHORT;
  if (!level && !upright) return 1;
  Rule *rule = more(level ? &r->horizontal : &r->vertical, sizeof *rule);
  if (!rule) return 0;
  *rule = level ? (Rule){(b.top + b.bottom) / 2, b.left, b.right} : (Rule){(b.left + b.right) / 2, b.top, b.bottom};
  return 1;
}

static int take_segments(Reader *r, void *path, int count, const Matrix *outer) {
  Matrix whole = times(matrix_of(r, path), outer);
  int has_first = 0, has_last = 0;
  float first_x = 0, first_y = 0, last_x = 0, last_y = 0;
  for (int index = 0; index < count; index++) {
    void *segment = r->f.segment(path, index);
    r->f.segment_point(segment, &r->x, &r->y);
    float x = r->x, y = r->y;
    int kind = r->f.segment_type(segment);
    if (kind == SEGMENT_MOVE) {
      first_x = x, first_y = y, has_first = 1;
    } else if (kind == SEGMENT_LINE && has_last) {
      if (!add_rule(r, placed(r, last_x, last_y, x, y, &whole))) return 0;
    }
    if (r->f.segment_closes(segment) && has_first)
      if (!add_rule(r, placed(r, x, y, first_x, first_y, &whole))) return 0;
    last_x = x, last_y = y, has_last = 1;
  }
  return 1;
}

static int is_white(const Reader *r, void *path) {
  unsigned red, green, blue, alpha;
  if (!r->f.fill_colour(path, &red, &green, &blue, &alpha)) return 0;
  return alpha == 0 || (red >= WHITE && green >= WHITE && blue >= WHITE);
}

static int take_path(Reader *r, void *path, const Matrix *outer) {
  float x0, y0, x1, y1;
  if (!r->f.object_bounds(path, &x0, &y0, &x1, &y1)) return 1;
  Box box = placed(r, x0, y0, x1, y1, outer);
  double width = box.right - box.left, height = box.bottom - box.top;
  if ((height > width ? height : width) < SHORT) return 1;
  r->f.draw_mode(path, &r->fill, &r->stroke);
  if (!r->fill && !r->stroke) return 1;
  if ((height < width ? height : width) <= THIN) return add_rule(r, box);
  int count = r->f.segment_count(path);
  if (r->stroke) return count > MOST_SEGMENTS || take_segments(r, path, count, outer);
  if (count < 4 || count > 6 || is_white(r, path)) return 1;
  Box *fill = more(&r->fills, sizeof *fill);
  if (fill) *fill = box;
  return fill != NULL;
}

static int take_objects(Reader *r, void *holder, const Matrix *matrix, int depth) {
  int count = depth ? r->f.form_count(holder) : r->f.page_count(holder);
  for (int index = 0; index < count; index++) {
    if (--r->objects_left < 0) return 1;
    void *object = depth ? r->f.form_object(holder, index) : r->f.page_object(holder, index);
    int kind = r->f.object_type(object);
    if (kind == OBJECT_PATH) {
      if (!take_path(r, object, matrix)) return 0;
    } else if (kind == OBJECT_FORM && depth < MOST_NESTING) {
      Matrix inner = times(matrix_of(r, object), matrix);
      if (!take_objects(r, object, &inner, depth + 1)) return 0;
    }
  }
  return 1;
}

/* Find the ruling lines of a page. Returns 0 if out of memory. */
int reader_rules(Reader *r, void *page, const Turn *turn) {
  r->turn = *turn;
  r->horizontal.count = r->vertical.count = r->fills.count = 0;
  r->objects_left = MOST_OBJECTS;
  r->fill = r->stroke = 0;
  r->x = r->y = 0;
  return take_objects(r, page, NULL, 0);
}

enum { LINES, WORDS, HORIZONTAL, VERTICAL, FILLS, RAISED, GAPS };

/* Return the records of one kind and store their number in count. */
const void *reader_found(const Reader *r, int kind, long *count) {
  const List *lists[] = {&r->lines, &r->words, &r->horizontal, &r->vertical, &r->fills, &r->raised, &r->gaps};
  *count = lists[kind]->count;
  return lists[kind]->items;
}
