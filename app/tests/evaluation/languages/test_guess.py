import pytest

from decalogo.evaluation.languages.guess import guess_language

PROSE = {
    "es": "El municipio protege los derechos de las mujeres y de las víctimas, para que su vida sea más digna. ",
    "pt": "O município protege os direitos das mulheres e das vítimas, para que a sua vida seja mais digna. ",
    "fr": "La commune protège les droits des femmes et des victimes, pour que leur vie soit plus digne. ",
    "en": "The municipality protects the rights of women and of the victims, so that their life is better. ",
    "other": "Die Gemeinde schützt die Rechte der Frauen und der Opfer, damit ihr Leben besser wird als bisher. ",
}


@pytest.mark.parametrize("code", PROSE)
def test_prose_tells_its_language(code):
    assert guess_language(PROSE[code] * 10) == code


@pytest.mark.parametrize(
    "text",
    [
        "Secretaría Planeación municipal Construcción vivienda rural Meta Indicador Presupuesto 2024 Línea base " * 12
        + "Dirección de Cultura, programa de vivienda " * 3,
        "María Pérez\nJuan Gómez\nRosa de la Cruz\nPedro Ávila\n" * 30,
        "e s c u e l a o a y e o u e o a e ".replace("  ", " ") * 20 + "plan de la vereda " * 20,
        "Plan de desarrollo",
    ],
    ids=("table", "names", "spaced letters", "short"),
)
def test_lists_and_tables_are_of_no_other_language(text):
    assert guess_language(text) in {"es", None}
