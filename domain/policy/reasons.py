"""The reasons catalogue: what a decision tells the person it is about, in their language.

Neutral codes after the list of Regulation B, sample form C-1 (domain-facts D21): specific reasons,
never "score too low" alone. CJEU C-203/22 (D18): the person must learn, intelligibly, which facts
and principles were applied, so each text says what was looked at. The texts of the three languages
say the same; a test compares codes and placeholders.
"""

from __future__ import annotations

from functools import lru_cache

from domain.events.outputs import Reason

#: Regulation B's commentary calls more than four reasons unlikely to help (D21, unverified).
PRINCIPAL_MAX = 4
#: Stands in every `reject`, after the principal reasons.
HUMAN_REVIEW = "human_review"
#: What a bureau may report about a person: `connectors/bureaus` maps its codes to these.
FINDINGS = frozenset(
    {
        "arrears_elsewhere",
        "collection_or_judgment",
        "bankruptcy",
        "obligations_high",
        "history_limited",
        "enquiries_many",
        "identity_unverified",
        "on_sanctions_list",
    }
)

CATALOGUE: dict[str, dict[str, str]] = {
    "application_incomplete": {
        "en": "Your application is not complete yet. We decide as soon as we have the rest.",
        "nl": "Uw aanvraag is nog niet volledig. Zodra we de rest hebben, beslissen we.",
        "de": "Ihr Antrag ist noch nicht vollständig. Sobald wir den Rest haben, entscheiden wir.",
    },
    "fraud_suspected": {
        "en": "A check of your details reports a suspicion that they are used by someone else.",
        "nl": "Een controle van uw gegevens meldt het vermoeden dat iemand anders ze gebruikt.",
        "de": "Eine Prüfung Ihrer Angaben meldet den Verdacht, dass jemand anderes sie verwendet.",
    },
    "payment_risk_high": {
        "en": "A credit agency we asked expects, from what it knows of your payments, a high risk"
        " that bills stay unpaid.",
        "nl": "Een kredietbureau dat wij raadpleegden, verwacht op grond van uw betalingen een"
        " groot risico dat rekeningen onbetaald blijven.",
        "de": "Eine befragte Auskunftei erwartet nach dem, was ihr über Ihre Zahlungen bekannt"
        " ist, ein hohes Risiko, dass Rechnungen unbezahlt bleiben.",
    },
    "payment_risk_raised": {
        "en": "A credit agency we asked sees a somewhat raised risk that bills stay unpaid, so a"
        " person looks at your application.",
        "nl": "Een kredietbureau dat wij raadpleegden, ziet een iets hoger risico dat rekeningen"
        " onbetaald blijven. Daarom kijkt een medewerker naar uw aanvraag.",
        "de": "Eine befragte Auskunftei sieht ein etwas erhöhtes Risiko, dass Rechnungen unbezahlt"
        " bleiben. Deshalb sieht sich ein Mensch Ihren Antrag an.",
    },
    "overdue_with_us": {
        "en": "A bill of yours with us is overdue, so a person looks at your application.",
        "nl": "Er staat bij ons een rekening van u open waarvan de termijn voorbij is. Daarom"
        " kijkt een medewerker naar uw aanvraag.",
        "de": "Bei uns ist eine Rechnung von Ihnen überfällig. Deshalb sieht sich ein Mensch Ihren"
        " Antrag an.",
    },
    "checks_unavailable": {
        "en": "Not every check could be made or gave an answer, so a person looks at your"
        " application.",
        "nl": "Niet elke controle kon worden gedaan of gaf een antwoord. Daarom kijkt een"
        " medewerker naar uw aanvraag.",
        "de": "Nicht jede Prüfung war möglich oder ergab eine Antwort. Deshalb sieht sich ein"
        " Mensch Ihren Antrag an.",
    },
    "requirements_met": {
        "en": "Your application is complete and the checks give no reason against it.",
        "nl": "Uw aanvraag is volledig en de controles geven geen reden om haar af te wijzen.",
        "de": "Ihr Antrag ist vollständig, und die Prüfungen sprechen nicht dagegen.",
    },
    "arrears_elsewhere": {
        "en": "A credit agency reports that payments to others are, or were, late.",
        "nl": "Een kredietbureau meldt dat betalingen aan anderen te laat zijn of waren.",
        "de": "Eine Auskunftei meldet, dass Zahlungen an andere verspätet sind oder waren.",
    },
    "collection_or_judgment": {
        "en": "A credit agency reports a debt collection or a court judgment.",
        "nl": "Een kredietbureau meldt een incasso of een vonnis.",
        "de": "Eine Auskunftei meldet ein Inkassoverfahren oder einen gerichtlichen Titel.",
    },
    "bankruptcy": {
        "en": "A credit agency reports an insolvency.",
        "nl": "Een kredietbureau meldt een insolventie.",
        "de": "Eine Auskunftei meldet eine Insolvenz.",
    },
    "obligations_high": {
        "en": "A credit agency reports high obligations from other contracts.",
        "nl": "Een kredietbureau meldt hoge verplichtingen uit andere contracten.",
        "de": "Eine Auskunftei meldet hohe Verpflichtungen aus anderen Verträgen.",
    },
    "history_limited": {
        "en": "A credit agency knows only little about earlier contracts.",
        "nl": "Een kredietbureau weet maar weinig over eerdere contracten.",
        "de": "Einer Auskunftei ist nur wenig über frühere Verträge bekannt.",
    },
    "enquiries_many": {
        "en": "A credit agency reports many recent enquiries.",
        "nl": "Een kredietbureau meldt veel recente aanvragen.",
        "de": "Eine Auskunftei meldet viele Anfragen in letzter Zeit.",
    },
    "identity_unverified": {
        "en": "Your identity could not be confirmed with the details you gave.",
        "nl": "Uw identiteit kon met de opgegeven gegevens niet worden bevestigd.",
        "de": "Ihre Identität ließ sich mit den angegebenen Daten nicht bestätigen.",
    },
    "on_sanctions_list": {
        "en": "Your details resemble an entry on a sanctions list.",
        "nl": "Uw gegevens lijken op een vermelding op een sanctielijst.",
        "de": "Ihre Angaben ähneln einem Eintrag auf einer Sanktionsliste.",
    },
    HUMAN_REVIEW: {
        "en": "This was decided automatically. You can have it reviewed by a person, explain your"
        " view and contest it, free of charge: write to {contact}.",
        "nl": "Dit is automatisch beslist. U kunt het kosteloos door een medewerker laten"
        " herzien, uw standpunt toelichten en het aanvechten: schrijf naar {contact}.",
        "de": "Dies wurde automatisch entschieden. Sie können es kostenlos von einem Menschen"
        " prüfen lassen, Ihren Standpunkt darlegen und es anfechten: schreiben Sie an {contact}.",
    },
}


@lru_cache(maxsize=1024)
def reason(code: str, contact: str) -> Reason:
    """The reason as published, in every language; `contact` is where to ask for a review.

    KeyError: the code is not in the catalogue.
    """
    texts = CATALOGUE[code]
    return Reason(
        code=code, text={tag: text.replace("{contact}", contact) for tag, text in texts.items()}
    )
