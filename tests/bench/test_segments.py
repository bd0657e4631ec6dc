"""The benchmark runs, and takes exactly what it counts."""

from bot.bench import segments


def test_a_small_city_is_measured():
    result = segments.run(residents=300)
    rules = result["rules"]
    assert result["residents"] == rules["everyone"]["matching"] == 300
    assert rules.keys() == segments.RULES.keys()
    for values in rules.values():
        assert 0 <= values["matching"] <= 300
        assert values["count_ms"] > 0 and values["snapshot_mib"] < 300
    assert 0 < rules["five alternatives"]["matching"] < 300
