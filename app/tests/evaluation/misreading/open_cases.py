"""The right reading of a folder of cases, by file name; the files are not part of the repository."""

from __future__ import annotations

from tests.evaluation.formats.files import GOAL, RATE
from tests.evaluation.misreading.expected import Expected

_BOTH = Expected((RATE, GOAL))
_SCAN = ("PROGRAMA 3. EDUCACIÓN PARA LA PAZ", "La línea base del indicador 14 es de 54 por ciento.")
_TABLE = (
    ("Programa", "Indicador", "Línea base", "Meta 2027", "Presupuesto"),
    ("Educación rural", "Aulas nuevas", "12", "35", "$ 1.200.000.000"),
    ("Salud materna", "Partos atendidos", "71 %", "92 %", "$ 840.000.000"),
)
_SCANNED = Expected(_SCAN, words=0.95, flags=("pages-by-ocr",))

OPEN: dict[str, tuple[str, Expected]] = {
    "p01": ("F1", _SCANNED),
    "s-sup": (
        "F2",
        Expected(("fue de 45 [1] por cada", "es de 120 [2] casos", "meta es de 90 [3] casos"), ("451", "1202")),
    ),
    "p08": ("F2", Expected(("llegó a 4.512 [7] personas", "Registro Único de Víctimas"))),
    "r05": ("F2", Expected(("Llegó a 4.512 [7] personas.", RATE))),
    "p24": (
        "F3",
        Expected(
            (
                "Parte 1. El derecho",
                "Parte 2. La protección de líderes",
                "Parte 3. La tierra y el desplazamiento forzado.",
            ),
            ("forzado. Parte",),
            pages=3,
        ),
    ),
    "d05": ("F4", Expected(("PORTADA", "Párrafo 0."), flags=("pages-synthetic",))),
    "d06": ("F4", Expected(("Capítulo 1.", "Capítulo 5."), unflagged=("pages-synthetic",))),
    "d01": ("F5", _BOTH),
    "d03": ("F6", Expected(("mejoró. [1]", "[1] Pasó de 71 % en 2019 a 88 % en 2023"))),
    "d11": ("F6", Expected(("Anexo:", GOAL))),
    "e02": ("F7", Expected(("Adjunto el plan.", RATE, GOAL))),
    "e05": ("F7", Expected(("Van los anexos en un zip.",), flags=("attachment-unread",), unflagged=())),
    "e03": ("F9", Expected(("Primer mensaje.", RATE, "Segundo mensaje.", GOAL))),
    "e04": ("F10", Expected((RATE, GOAL), ("font-family",), pages=1)),
    "e06": ("F11", Expected(("Educación y niñez: 35 aulas.",))),
    "r04": ("F11", Expected(("Educación y niñez.",))),
    "h01": ("F12", _BOTH),
    "h02": ("F12", Expected((RATE, GOAL), ("<p", "class="))),
    "x01": ("F13", Expected((RATE, GOAL), ("<w:", "xmlns"))),
    "o04": ("F13", Expected((RATE,))),
    "o03": (
        "F14",
        Expected(
            cells=(
                ("Programa", "Indicador", "Meta"),
                ("Educación para la paz", "Aulas construidas", "35"),
                ("Educación para la paz", "Docentes formados", "120"),
            )
        ),
    ),
    "o02": ("F15", Expected(("La meta es de 35 aulas nuevas.",), ("presupuesto", "Revisora"))),
    "d04": ("F16", Expected(("Inicio. Medio.", GOAL))),
    "d02": ("F16", _BOTH),
    "d08": ("F17", Expected((RATE,), (GOAL,))),
    "r03": ("F17", Expected(("Uno. Dos.",))),
    "h05": ("F17", Expected((RATE,), ("oculto", GOAL))),
    "p05": ("F18", Expected(("Meta del cuatrienio: 35 aulas nuevas en la zona rural", RATE))),
    "p04": ("F19", _BOTH),
    "p27": ("F20", Expected((RATE, GOAL), words=0.95, flags=("pages-by-ocr",))),
    "p09": ("F20", Expected((RATE, GOAL), words=0.95, flags=("pages-by-ocr",))),
    "p33": ("F21", _SCANNED),
    "p12": ("F23", Expected(cells=_TABLE)),
    "p15": ("F24", Expected(cells=(*_TABLE, ("Vivienda", "Títulos entregados", "0", "150", "$ 90.000.000")))),
    "p28": ("F24", Expected(cells=(*_TABLE, ("Vivienda", "Títulos", "0", "150", "$ 90.000.000")))),
    "p17": ("F25", Expected((RATE,), ("borrador",))),
    "p30": ("F26", _BOTH),
    "p25": ("F28", Expected((RATE, "El financiamiento de la educación constitucional es definido por ley."))),
    "p32": ("F29", _BOTH),
    "s-nosup": ("control", Expected(("fue de 45 por cada", "es de 120 casos", "meta es de 90 casos"), ("[",))),
    "d10": ("control", Expected((GOAL, RATE))),
    "d13": (
        "control",
        Expected(("Antes.", "Después."), cells=(("Programa", "Meta"), ("Educación", "35"), ("Salud", "92"))),
    ),
    "d15": ("control", Expected(("La meta es de 35 aulas.",), pages=1)),
    "e08": ("control", Expected(("Van los anexos en un zip.",), flags=("attachment-unread",), unflagged=())),
    "e09": ("control", Expected(refused="ZIP")),
    "h07": ("control", _BOTH),
    "o07": ("control", Expected(("La meta del cuatrienio es construir 35 aulas.", RATE))),
    "p02": ("control", _SCANNED),
    "p07": ("control", Expected((f"{RATE} {GOAL}",))),
    "p10": ("control", _BOTH),
    "p11": ("control", Expected(refused="password")),
    "p13": ("control", Expected(cells=_TABLE)),
    "p14": ("control", Expected(cells=_TABLE)),
    "p16": ("control", Expected(refused="password")),
    "p19": ("control", Expected(("El municipio reconoce", "la plaza central del pueblo."))),
    "p21": ("control", Expected(("EDUCACIÓN", RATE))),
    "p22": ("control", Expected((RATE, GOAL), unflagged=("pages-by-ocr", "pages-in-pictures"))),
    "p34": ("control", _SCANNED),
    "p35": (
        "control",
        Expected(
            ("eso crea el programa Memoria.", "La segunda columna", "plaza central del pueblo."),
            flags=("pages-by-ocr",),
        ),
    ),
    "p36": ("control", Expected(("Página 1.", "Página 20."), pages=25, flags=("pages-by-ocr", "pages-without-text"))),
}
"""Right reading by the name's first word, with the kind; ``control``: a close relative that was always right."""
