/* What normalise.py and RawPage.place make of an ordinary page: one form of text, its lines and where they stand.
 *
 * Ordinary is a page of which only line ends and the blanks beside them and at both ends of the text are changed, so
 * that every line keeps its place; of any other the answer is that Python has to be asked. Text is UTF-16.
 */
#include <stdint.h>

/* Which characters there are tables for; as in nativelines.py. */
#define CHARACTERS 0x2800

/* Of a character: as _tables in nativetext.py gives it. */
enum { ORDINARY = 1, LETTER = 2 };

typedef uint16_t Char;
typedef struct { double left, top, right, bottom; } Box;

/* As Line in pagereader.c. */
typedef struct { int32_t start, end; Box box; double font_size, shear, scale; uint8_t bold, level; } Record;

/* As Page in nativetext.py. */
typedef struct {
  const uint8_t *kinds, *folds; /* of the characters */
  const Char *raw;
  const Record *records;
  int32_t length, count, room;
  Char *text;             /* room for length */
  uint8_t *folded;        /* the same */
  int32_t *starts, *ends; /* room for so many lines, as in what follows */
  int32_t *owners;        /* which record tells of a line, or -1 */
  Box *boxes;
  uint8_t *gap; /* whether a blank line stands before it */
} Page;

static int is(const Page *p, Char c, int kind) { return c < CHARACTERS && p->kinds[c] & kind; }

static int is_hyphen(Char c) { return c == '-' || c == 0x2010; }

/* Whether a line break after text[:length], with next after it, parts a word. */
static int is_hyphened(const Page *p, int32_t length, Char next) {
  if (length < 2 || !is_hyphen(p->text[length - 1])) return 0;
  return is(p, p->text[length - 2], LETTER) && is(p, next, LETTER);
}

/* The offset after a CR LF that stands at i, or 0. */
static int32_t break_at(const Page *p, int32_t i, int32_t last) {
  return i + 1 < last && p->raw[i] == '\r' && p->raw[i + 1] == '\n' ? i + 2 : 0;
}

/* Write text, its folded form and its lines, and how many these are. Returns the length of the text, or -1 for a page
 * that is not ordinary. */
int32_t text_cut(const Page *page, int32_t *lines) {
  const Page own = *page, *p = &own; /* which nothing that is written may change */
  const Char *raw = p->raw;
  int32_t length = 0, line = 0, record = 0, first = 0, last = p->length;
  if (first < last && raw[first] == ' ') first++;
  if (first < last && raw[last - 1] == ' ') last--;
  for (int32_t i = first; i < last; i++) {
    Char c = raw[i];
    if (c == ' ') {
      if (i + 1 >= last || i == first || raw[i + 1] == ' ') return -1;
      if (break_at(p, i + 1, last)) continue;
    } else if (c == '\r') {
      int32_t next = break_at(p, i, last), blank = 0;
      if (!length || !next) return -1;
      if (next < last && raw[next] == ' ' && break_at(p, next + 1, last)) next++;
      if (next < last && break_at(p, next, last)) blank = 1, next = break_at(p, next, last);
      if (next >= last || raw[next] == ' ' || !is(p, raw[next], ORDINARY)) return -1;
      if (!blank && is_hyphened(p, length, raw[next])) return -1;
      p->ends[line++] = length;
      if (line >= p->room) return -1;
      p->gap[line] = blank;
      for (; blank >= 0; blank--) {
        p->text[length] = '\n';
        p->folded[length++] = p->folds['\n'];
      }
      i = next - 1;
      continue;
    } else if (!is(p, c, ORDINARY)) {
      return -1;
    } else if (!length || p->text[length - 1] == '\n') {
      if (line >= p->room) return -1;
      p->starts[line] = length;
      p->owners[line] = -1;
      p->boxes[line] = (Box){0, 0, 0, 0};
    }
    if (record < p->count && p->records[record].start == i) {
      if (p->owners[line] >= 0) return -1;
      p->owners[line] = record;
      p->boxes[line] = p->records[record++].box;
    }
    p->text[length] = c;
    p->folded[length++] = p->folds[c];
  }
  if (length) p->ends[line++] = length;
  *lines = line;
  return record == p->count ? length : -1;
}
